namespace Opsen.Examples.LocalCluster.Faults;

/// <summary>Which faults happen in which order.</summary>
internal static class Schedules
{
    private static readonly (string Name, Func<Fault> Make)[] Faults =
    [
        ("kill-index", static () => new KilledSilo(IsIndex: true)),
        ("kill-other", static () => new KilledSilo(IsIndex: false)),
        ("stop-index", static () => new StoppedSilo(IsIndex: true)),
        ("stop-other", static () => new StoppedSilo(IsIndex: false)),
        ("freeze-index", static () => new FrozenSilo(IsIndex: true)),
        ("freeze-other", static () => new FrozenSilo(IsIndex: false)),
        ("database", static () => new StoppedDatabase()),
    ];

    /// <summary>A fault by its name.</summary>
    /// <exception cref="FormatException">There is none of that name.</exception>
    public static Fault Named(string name) => Array.Find(Faults, fault => fault.Name == name).Make?.Invoke() ?? throw new FormatException(name);

    /// <summary>Each once, within some five minutes.</summary>
    public static IEnumerable<(Fault Fault, TimeSpan Duration)> Check() =>
        Faults.Select(static fault => (fault.Make(), TimeSpan.FromSeconds(fault.Name == "database" ? 60 : fault.Name.StartsWith("freeze", StringComparison.Ordinal) ? 30 : 12)));

    /// <summary>In random order, for random times, until the time is up.</summary>
    public static IEnumerable<(Fault Fault, TimeSpan Duration)> Random(TimeSpan total, int seed)
    {
        var random = new Random(seed);
        for (var until = DateTimeOffset.UtcNow + total; DateTimeOffset.UtcNow < until;)
        {
            yield return (Faults[random.Next(Faults.Length)].Make(), TimeSpan.FromSeconds(random.Next(1, 45)));
        }
    }
}
