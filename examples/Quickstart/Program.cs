using System.ComponentModel;
using System.Runtime.InteropServices;
using Opsen.Examples.Quickstart.Check;
using Opsen.Examples.Quickstart.Fleet;
using Opsen.Examples.Quickstart.Live;
using Opsen.Examples.Quickstart.Traffic;

if (args is not ([] or ["--check"]))
{
    Console.Error.WriteLine("Usage: quickstart [--check]\n  Without an argument: a gateway and two backends with a live table, until q or Ctrl-C.\n  --check: the same without a person; exit code 0 when all checks hold.");
    return 2;
}

if (ProcessorSplit.OfThisMachine() is not { } split)
{
    Console.Error.WriteLine("The quickstart gives each of two backends processors of its own; this machine has only one processor. Run it on a machine with two or more.");
    return 1;
}

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

try
{
    await using var fleet = await LocalFleet.StartAsync(split);
    using var gateway = new GatewayApi(fleet.Gateway);
    using var http = new HttpClient();
    if (args is [])
    {
        await new LiveView(fleet, gateway, http).RunAsync(stop.Token);
        return 0;
    }

    var passed = await new FleetCheck(fleet, gateway, http).RunAsync(Console.Out, stop.Token);
    if (!passed)
    {
        PrintLogs(fleet);
    }

    return passed ? 0 : 1;
}
catch (Exception problem) when (problem is FileNotFoundException or Win32Exception or OperationCanceledException)
{
    Console.Error.WriteLine(problem is OperationCanceledException ? "Stopped." : problem.Message);
    return 1;
}

static void PrintLogs(LocalFleet fleet)
{
    const int Lines = 40;
    foreach (var process in fleet.Processes)
    {
        Console.WriteLine($"\n--- {process.Name}{(process.HasExited ? ", ended" : "")}, last lines:");
        foreach (var line in process.Log.TakeLast(Lines))
        {
            Console.WriteLine($"    {line}");
        }
    }
}
