using System.Globalization;
using Opsen.Load;

// What it costs the real gateway's memory to carry much. Linux only: it reads /proc.
switch (args)
{
    case ["bodies", .. var size]:
        await Bodies.RunAsync(Number(size, 1024));
        return 0;
    case ["websockets", .. var count]:
        await WebSockets.RunAsync(Number(count, 10_000));
        return 0;
    case ["hostile", var slow, var flood]:
        await Hostile.RunAsync(Number([slow], 0), Number([flood], 0));
        return 0;
    case ["ask", var port, var kind, var rate, var seconds]:
        return OpenLoopCommands.Ask(Number([port], 0), kind, Number([rate], 0), Number([seconds], 0));
    case ["register", var port, var count]:
        return OpenLoopCommands.Register(Number([port], 0), Number([count], 0));
    case ["report", var port, var count, var interval, var seconds]:
        return OpenLoopCommands.Report(Number([port], 0), Number([count], 0), Number([interval], 0), Number([seconds], 0));
    case ["fleet", var gateways]:
        await SharedFleet.RunAsync(gateways);
        return 0;
    case [Attack.Command, var kind, var port, var number]:
        await Attack.RunAsync(kind, Number([port], 0), Number([number], 0));
        return 0;
    case [PlainBackend.Command]:
        await PlainBackend.RunAsync();
        return 0;
    case [SocketBackend.Command]:
        await SocketBackend.RunAsync();
        return 0;
    default:
        await Console.Error.WriteLineAsync("""
            dotnet run -c Release --project tests/Load -- bodies [MB, default 1024]
            dotnet run -c Release --project tests/Load -- websockets [how many, default 10000; each takes two of the gateway's open files]
            dotnet run -c Release --project tests/Load -- hostile 10000 1000 [slow connections, of which the gateway takes a third of 'ulimit -n'; requests a second of the flood]
            """);
        return 1;
}

static int Number(string[] rest, int otherwise) => rest is [var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
