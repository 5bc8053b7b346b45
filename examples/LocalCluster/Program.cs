using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Opsen.Examples.LocalCluster.Check;
using Opsen.Examples.LocalCluster.Faults;
using Opsen.Examples.LocalCluster.Fleet;
using Opsen.Examples.LocalCluster.Nodes;
using Opsen.Examples.LocalCluster.Traffic;
using Opsen.Examples.Quickstart.Processes;

var usage = $"""
    Usage: local-cluster [--check | --chaos MINUTES [SEED] | --upgrade CLONE [--and-back] | --fault NAME SECONDS [NAME SECONDS ...]]
      Without an argument: PostgreSQL, three silos, two gateways, hosts and traffic, with a table until Ctrl-C.
      --check: faults in turn under traffic; exit code 0 when all promises held.
      --chaos: the same in random order for so long.
      --upgrade: starts with the programs of another clone of the repository, built there, and changes one after the other to those of this one.
                 With --and-back to the other ones again, and to these.
      --fault: one after the other; each is one of {string.Join(", ", Schedules.Names)}; or two that overlap, as in kill-other+database.
    """;

if (PostgresServer.Missing() is { } missing)
{
    Console.Error.WriteLine($"local-cluster: {missing}");
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

try
{
    return args switch
    {
        [] => await ShowAsync(stop.Token),
        ["--check"] => await CheckAsync(Schedules.Check(HasNamespaces()), seed: 1, clone: null, stop.Token),
        ["--fault", _, _, ..] => await CheckAsync(
            [.. args[1..].Chunk(2).Select(static one => (Schedules.Named(one[0]), TimeSpan.FromSeconds(int.Parse(one[1], CultureInfo.InvariantCulture))))],
            seed: 1,
            clone: null,
            stop.Token),
        ["--chaos", var minutes, .. var rest] => await ChaosAsync(
            int.Parse(minutes, CultureInfo.InvariantCulture),
            rest is [var seed] ? int.Parse(seed, CultureInfo.InvariantCulture) : Environment.TickCount & 0xFFFF,
            stop.Token),
        ["--upgrade", var clone] => await CheckAsync(Schedules.Upgrade(clone, andBack: false), seed: 1, clone, stop.Token),
        ["--upgrade", var clone, "--and-back"] => await CheckAsync(Schedules.Upgrade(clone, andBack: true), seed: 1, clone, stop.Token),
        _ => throw new FormatException(),
    };
}
catch (FormatException)
{
    Console.Error.WriteLine(usage);
    return 2;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return args is [] ? 0 : 1;
}

// With namespaces, nodes can be cut off; without, everything is on the loopback.
static bool HasNamespaces() => NodeNetwork.Missing is null;

static async Task<int> ChaosAsync(int minutes, int seed, CancellationToken cancellation)
{
    Console.WriteLine($"Seed {seed}");
    return await CheckAsync(Schedules.Random(TimeSpan.FromMinutes(minutes), seed, HasNamespaces()), seed, clone: null, cancellation);
}

static async Task<int> CheckAsync(IEnumerable<(Fault Fault, TimeSpan Duration)> schedule, int seed, string? clone, CancellationToken cancellation)
{
    var started = Stopwatch.GetTimestamp();
    await using var cluster = await Cluster.StartAsync(silos: 3, gateways: 2, "", HasNamespaces(), clone, cancellation);
    await using var fleet = await SimulatedFleet.StartAsync(cluster, hosts: 6, cores: 3, cards: 1, cancellation);
    await using var traffic = await ClusterTraffic.StartAsync(cluster, fleet, seed, cancellation);
    Console.WriteLine($"Three silos, two gateways and PostgreSQL run after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s.");
    var check = new ClusterCheck(cluster, traffic, Console.Out);
    foreach (var (fault, duration) in schedule)
    {
        await check.RunAsync(fault, duration, cancellation);
    }

    await traffic.StopAsync();
    var passed = check.PrintSummary(Stopwatch.GetElapsedTime(started));
    if (!passed || Environment.GetEnvironmentVariable("OPSEN_SHOW_LOGS") is not null)
    {
        foreach (var node in cluster.Nodes)
        {
            Console.WriteLine($"\n--- {node.Name}");
            foreach (var line in node.WholeLog.TakeLast(60))
            {
                Console.WriteLine($"    {line}");
            }
        }
    }

    return passed ? 0 : 1;
}

static async Task<int> ShowAsync(CancellationToken cancellation)
{
    await using var cluster = await Cluster.StartAsync(silos: 3, gateways: 2, "", HasNamespaces(), clone: null, cancellation);
    await using var fleet = await SimulatedFleet.StartAsync(cluster, hosts: 6, cores: 3, cards: 1, cancellation);
    await using var traffic = await ClusterTraffic.StartAsync(cluster, fleet, seed: 1, cancellation);
    Console.WriteLine($"Gateways: {string.Join("  ", cluster.Addresses)}   dashboards: {string.Join("  ", cluster.Nodes.Select(node => $"{node.Name} {cluster.Admin[node]}dashboard"))}");
    Console.WriteLine($"The dashboards ask for a password: {Cluster.Key}");
    Console.WriteLine("Kill a silo and watch; Ctrl-C stops everything.");
    using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2));
    while (await timer.WaitForNextTickAsync(cancellation))
    {
        Console.WriteLine(
            $"{DateTimeOffset.Now:HH:mm:ss}  index: {cluster.IndexSilo?.Name ?? "none"}  {string.Join("  ", cluster.Silos.Select(silo => $"{silo.Name} {(silo.IsRunning ? silo.ProcessId : "down")}"))}  {string.Join("  ", traffic.Tallies.Select(static tally => $"{tally.Name} {tally.Succeeded}/{tally.Failed}"))}");
    }

    return 0;
}
