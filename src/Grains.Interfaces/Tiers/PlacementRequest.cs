using System.Collections.Immutable;

namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>Asks the index of a pool to choose a host for one session and to reserve the tier's resources there.</summary>
[GenerateSerializer, Immutable, Alias("opsen.PlacementRequest")]
public sealed record PlacementRequest
{
    /// <summary>The tier's name.</summary>
    [Id(0)]
    public required string Tier { get; init; }

    /// <summary>Where the user is.</summary>
    [Id(1)]
    public GeoPoint Place { get; init; }

    /// <summary>The sticky id the reservation belongs to, or null. One reservation lives per sticky id and tier.</summary>
    [Id(2)]
    public string? StickyId { get; init; }

    /// <summary>Hosts to prefer, best first, if one fits (affinity across tiers).</summary>
    [Id(3)]
    public ImmutableArray<string> Preferred { get; init; } = [];

    /// <summary>Hosts not to use.</summary>
    [Id(4)]
    public ImmutableArray<string> Excluded { get; init; } = [];

    /// <summary>A reservation to give up for the new one (a session or a retried request that moves).</summary>
    [Id(5)]
    public Guid? Replaces { get; init; }

    /// <summary>Whether to say of every host why it was chosen or not. Costs in proportion to the fleet.</summary>
    [Id(6)]
    public bool Explain { get; init; }

    /// <summary>Whether the reservation in <see cref="Replaces"/> is set aside rather than ended. The caller says which of the two the session has
    /// (<see cref="ITierIndexGrain.Settle"/>).</summary>
    [Id(7)]
    public bool IsProvisional { get; init; }

    /// <summary>The reservation's id, if the caller chooses it: who asks again with the same one gets the same reservation and never a second one. Empty =
    /// the index chooses it.</summary>
    [Id(8)]
    public Guid ReservationId { get; init; }

    /// <summary>For a session's grain: the pools that its gateway places in, in their order. Empty = the one that keeps the session.</summary>
    [Id(9)]
    public ImmutableArray<string> Pools { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>Whether only the reservation that <see cref="StickyId"/> has already is wanted, and no new one.</summary>
    [Id(10)]
    public bool IsExistingOnly { get; init; }

    /// <summary>The room that was held for the request while it waited (<see cref="WaitAnswer.Slot"/>); empty when it did not.</summary>
    [Id(11)]
    public Guid Slot { get; init; }
}

/// <summary>The index's answer to a <see cref="PlacementRequest"/>.</summary>
[GenerateSerializer, Immutable, Alias("opsen.PlacementDecision")]
public sealed record PlacementDecision
{
    /// <summary>How it ended; the other members have a meaning only for the outcomes they name.</summary>
    [Id(0)]
    public required RouteOutcome Outcome { get; init; }

    /// <summary>The host (<see cref="RouteOutcome.Routed"/>).</summary>
    [Id(1)]
    public string ClientId { get; init; } = "";

    /// <summary>The reservation (<see cref="RouteOutcome.Routed"/>).</summary>
    [Id(2)]
    public Guid ReservationId { get; init; }

    /// <summary>Device ids of the cards it holds (<see cref="RouteOutcome.Routed"/>).</summary>
    [Id(3)]
    public ImmutableArray<int> GpuIds { get; init; } = [];

    /// <summary>Distance from the user, km; 0 when unknown (<see cref="RouteOutcome.Routed"/>).</summary>
    [Id(4)]
    public double DistanceKm { get; init; }

    /// <summary>How many hosts each filter refused, indexed by <see cref="RefusalReason"/> (<see cref="RouteOutcome.NoCapacity"/>).</summary>
    [Id(5)]
    public ImmutableArray<int> Refusals { get; init; } = [];

    /// <summary>What the decision was made of, if the request asked for that.</summary>
    [Id(6)]
    public PlacementExplanation? Explanation { get; init; }

    /// <summary>The host's <see cref="Backends.HostSnapshot.AffinityEpoch"/> (<see cref="RouteOutcome.Routed"/>).</summary>
    [Id(7)]
    public long AffinityEpoch { get; init; }

    /// <summary>The epoch of the index that decided (<see cref="RouteOutcome.Routed"/>), or that does not decide yet
    /// (<see cref="RouteOutcome.Unavailable"/>).</summary>
    [Id(8)]
    public long Epoch { get; init; }

    /// <summary>How long the reservation lives unless it is renewed or released (<see cref="RouteOutcome.Routed"/>); zero when it is over.</summary>
    [Id(9)]
    public TimeSpan ReservedFor { get; init; }

    /// <summary>Whether the reservation is known to the index alone, because the database is away (<see cref="RouteOutcome.Routed"/>).</summary>
    [Id(10)]
    public bool IsUnstored { get; init; }

    /// <summary>The pool that decided, where several were asked (<see cref="PlacementRequest.Pools"/>); else empty.</summary>
    [Id(11)]
    public string Pool { get => field ?? ""; init; } = "";

    /// <summary>This decision with what a pool that was asked before has refused: its hosts stand in the explanation, and count where none is
    /// found.</summary>
    public PlacementDecision After(PlacementDecision? refused) => refused is null ? this : this with
    {
        Refusals = Outcome == RouteOutcome.NoCapacity ? Add(refused.Refusals, Refusals) : Refusals,
        Explanation = Explanation is { } own && refused.Explanation is { } earlier ? own with { Hosts = [.. earlier.Hosts, .. own.Hosts] } : Explanation,
    };

    private static ImmutableArray<int> Add(ImmutableArray<int> one, ImmutableArray<int> other) =>
        [.. Enumerable.Range(0, Math.Max(one.Length, other.Length)).Select(i => one.ElementAtOrDefault(i) + other.ElementAtOrDefault(i))];
}
