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

var isCheck = args is ["--check"];
try
{
    await using var fleet = await LocalFleet.StartAsync(split);
    var succeeded = await RunAsync(fleet, isCheck, stop.Token);
    if (!succeeded)
    {
        PrintLogs(fleet);
    }

    return succeeded ? 0 : 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    // Somebody ended it: the ordinary end of the live table, but no result of a check.
    return isCheck ? 1 : 0;
}
catch (Exception problem) when (problem is FileNotFoundException or Win32Exception)
{
    Console.Error.WriteLine(problem.Message);
    return 1;
}

static async Task<bool> RunAsync(LocalFleet fleet, bool isCheck, CancellationToken cancellation)
{
    using var gateway = new GatewayApi(fleet.Gateway);
    using var http = new HttpClient();
    if (isCheck)
    {
        return await new FleetCheck(fleet, gateway, http).RunAsync(Console.Out, cancellation);
    }

    return await new LiveView(fleet, gateway, http).RunAsync(cancellation);
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
