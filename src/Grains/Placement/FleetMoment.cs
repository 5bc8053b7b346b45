using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Placement;

/// <summary>A snapshot of what a decision saw, taken in a fraction of the time that explaining it takes. Immutable, so it can be explained on any
/// thread.</summary>
/// <param name="tier">The tier asked for.</param>
/// <param name="caller">Where the user is.</param>
/// <param name="outcome">How the query ends.</param>
/// <param name="clientId">The host that is chosen; null when none.</param>
/// <param name="isExisting">Whether the session had that host before.</param>
/// <param name="hosts">The hosts.</param>
internal sealed class FleetMoment(TierSpec tier, PlaceVector caller, RouteOutcome outcome, string? clientId, bool isExisting, HostMoment[] hosts)
{
    /// <summary>Every host with the filter that refuses it or the terms of its score.</summary>
    public PlacementExplanation Explain()
    {
        var explainer = new Explainer(tier, caller);
        var explained = Array.ConvertAll(hosts, explainer.Explain);
        Array.Sort(explained, Explainer.Compare);
        return new(outcome, clientId, isExisting, [.. explained]);
    }
}

/// <summary>What a decision saw of one host.</summary>
/// <param name="host">The host.</param>
/// <param name="tier">Number of the tier asked for.</param>
/// <param name="need">What that tier takes.</param>
internal readonly struct HostMoment(PlacedHost host, int tier, in TierNeed need)
{
    /// <summary>Its latest state.</summary>
    public HostSnapshot Snapshot { get; } = host.Snapshot;

    /// <summary>Where it is.</summary>
    public PlaceVector Centre { get; } = host.Centre;

    /// <summary>The filter that refuses it.</summary>
    public RefusalReason Refusal { get; } = host.Refusals[tier];

    /// <summary>Cores that are neither busy nor reserved.</summary>
    public long FreeVcpu { get; } = host.FreeVcpu;

    /// <summary>Memory that is neither used nor reserved, kB.</summary>
    public long FreeMemory { get; } = host.FreeMemory;

    /// <summary>Disk that is neither used nor reserved, kB.</summary>
    public long FreeDisk { get; } = host.FreeDisk;

    /// <summary>What a slow start adds to its score.</summary>
    public double SlowStartPenalty { get; } = host.SlowStartPenalty;

    /// <summary>The terms of a projected score; null for a classic one.</summary>
    public ProjectedTerms? Projected { get; } = host.Projected?.Terms(need, host.Cards);

    /// <summary>Its cards, if it is refused for them.</summary>
    public HostCard[] Cards { get; } = host.Refusals[tier] == RefusalReason.Gpu ? host.Cards.Cards.ToArray() : [];
}
