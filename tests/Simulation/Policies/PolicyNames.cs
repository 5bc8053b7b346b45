using Opsen.Grains.Placement;
using Opsen.Simulation.Model;

namespace Opsen.Simulation.Policies;

/// <summary>The policies by name.</summary>
internal static class PolicyNames
{
    public const string Classic = "classic";
    public const string Projected = "projected";
    public const string AllKnowing = "all-knowing";

    private static readonly Dictionary<string, Func<Scenario, HostModel[], Random, IPolicy>> Makers = new()
    {
        ["round robin"] = static (_, hosts, _) => Baseline.RoundRobin(hosts),
        ["weighted round robin"] = static (_, hosts, _) => Baseline.WeightedRoundRobin(hosts),
        ["random"] = static (_, hosts, random) => Baseline.Random(hosts, random),
        ["least sessions"] = static (_, hosts, _) => Baseline.LeastSessions(hosts),
        ["weighted least sessions"] = static (_, hosts, _) => Baseline.WeightedLeastSessions(hosts),
        ["power of two"] = static (_, hosts, random) => Baseline.PowerOfTwo(hosts, random),
        ["Prequal-like"] = static (_, hosts, random) => Baseline.Prequal(hosts, random),
        [Classic] = static (scenario, hosts, _) => new IndexPolicy(CreateIndex(scenario, null), hosts),
        [Projected] = static (scenario, hosts, _) => new IndexPolicy(CreateIndex(scenario, TimeSpan.FromSeconds(scenario.WindowSeconds)), hosts),
        [AllKnowing] = static (_, hosts, _) => Baseline.AllKnowing(hosts),
    };

    /// <summary>All names.</summary>
    public static IReadOnlyCollection<string> All => Makers.Keys;

    /// <summary>The policy with a name, for a fleet.</summary>
    public static IPolicy Create(string name, Scenario scenario, HostModel[] hosts, int seed) => Makers[name](scenario, hosts, new Random(seed + 7));

    private static PlacementIndex CreateIndex(Scenario scenario, TimeSpan? window) =>
        new([.. scenario.Classes.Select(static asked => asked.Tier)], TimeSpan.FromMinutes(2), projectedWindow: window);
}
