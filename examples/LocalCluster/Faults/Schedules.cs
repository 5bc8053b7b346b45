using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Examples.LocalCluster.Faults;

/// <summary>Which faults happen in which order.</summary>
internal static class Schedules
{
    private static readonly (string Name, Func<Fault> Make)[] Faults =
    [
        ("kill-index", static () => new EndedSilo(IsIndex: true, IsKilled: true)),
        ("kill-other", static () => new EndedSilo(IsIndex: false, IsKilled: true)),
        ("stop-index", static () => new EndedSilo(IsIndex: true, IsKilled: false)),
        ("stop-other", static () => new EndedSilo(IsIndex: false, IsKilled: false)),
        ("freeze-index", static () => new FrozenSilo(IsIndex: true)),
        ("freeze-other", static () => new FrozenSilo(IsIndex: false)),
        ("database", static () => new StoppedDatabase()),
        ("freeze-database", static () => new FrozenDatabase()),
        ("cut-index", static () => new CutSilo(IsIndex: true)),
        ("cut-other", static () => new CutSilo(IsIndex: false)),
        ("split-silos", static () => new SplitSilos()),
        ("rolling", static () => new RollingRestart()),
    ];

    /// <summary>What faults are called.</summary>
    public static IEnumerable<string> Names => Faults.Select(static fault => fault.Name);

    /// <summary>A fault by its name, or two that overlap, as in <c>kill-other+database</c>.</summary>
    /// <exception cref="FormatException">There is none of that name.</exception>
    public static Fault Named(string name) => name.Split('+') switch
    {
        [var first, var second] => new OverlappingFaults(Named(first), Named(second)),
        _ => Array.Find(Faults, fault => fault.Name == name).Make?.Invoke() ?? throw new FormatException(name),
    };

    /// <summary>Each kind, and two that overlap, within some six minutes.</summary>
    /// <param name="inNamespaces">Whether nodes can be cut off.</param>
    public static IEnumerable<(Fault Fault, TimeSpan Duration)> Check(bool inNamespaces) => new (string Name, int Seconds)[]
    {
        ("kill-index", 8),
        ("kill-other", 6),
        ("freeze-index", 30),
        ("cut-index", 15),
        ("split-silos", 15),
        ("database", 60),
        ("kill-index+kill-other", 12),
        ("rolling", 0),
    }.Select(static one => (Fault: Named(one.Name), Duration: TimeSpan.FromSeconds(one.Seconds))).Where(one => inNamespaces || !one.Fault.CutsNetwork);

    /// <summary>A cluster of another clone's programs is upgraded to this one's, loses its index, and is perhaps set back and upgraded again.</summary>
    public static IEnumerable<(Fault Fault, TimeSpan Duration)> Upgrade(string clone, bool andBack)
    {
        var steps = new List<Fault> { new RollingRestart(BuildOutput.RepositoryRoot), Named("kill-index") };
        if (andBack)
        {
            steps.AddRange([new RollingRestart(Path.GetFullPath(clone)), Named("kill-index"), new RollingRestart(BuildOutput.RepositoryRoot)]);
        }

        return steps.Select(static fault => (fault, TimeSpan.FromSeconds(fault is RollingRestart ? 0 : 8)));
    }

    /// <summary>In random order, sometimes two at once, for random times, until the time is up.</summary>
    public static IEnumerable<(Fault Fault, TimeSpan Duration)> Random(TimeSpan total, int seed, bool inNamespaces)
    {
        var random = new Random(seed);
        var faults = Faults.Where(fault => inNamespaces || !fault.Make().CutsNetwork).ToArray();
        for (var until = DateTimeOffset.UtcNow + total; DateTimeOffset.UtcNow < until;)
        {
            var (first, second) = (faults[random.Next(faults.Length)].Make(), faults[random.Next(faults.Length)].Make());
            var overlap = random.Next(4) == 0 && first is not RollingRestart && second is not RollingRestart && first != second
                && !(first.StopsDatabase && second.StopsDatabase) && !(first.SilencesSilo && second.SilencesSilo)
                && !(first.StopsDatabase && second.EndsIndex) && !(first.EndsIndex && second.StopsDatabase);
            yield return (overlap ? new OverlappingFaults(first, second) : first, TimeSpan.FromSeconds(random.Next(1, 45)));
        }
    }
}
