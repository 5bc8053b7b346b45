namespace Opsen.Protocol.Http;

/// <summary>Answer of <c>GET /decisions/{reservation_id}</c>: a decision, and what it was made of.</summary>
public sealed record DecisionResponse
{
    /// <summary>The reservation that it made, 32 hexadecimal digits.</summary>
    public required string ReservationId { get; init; }

    /// <summary>The host that was chosen.</summary>
    public required string ClientId { get; init; }

    /// <summary>The tier.</summary>
    public required string Tier { get; init; }

    /// <summary>When it was made, RFC 3339.</summary>
    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>The fleet, as it was at <see cref="DecisionExplanation.AsOf"/>.</summary>
    public required DecisionExplanation Explanation { get; init; }
}

/// <summary>Why a decision is what it is.</summary>
public sealed record DecisionExplanation
{
    /// <summary>When the hosts were looked at, RFC 3339: with the decision if it was asked for with <c>explain=true</c>, else when the explanation was asked
    /// for.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>Whether the session had the host before, so that scores played no part.</summary>
    public required bool IsExisting { get; init; }

    /// <summary>All hosts: candidates by score, best first, then the refused ones by filter.</summary>
    public required IReadOnlyList<HostDecision> Hosts { get; init; }
}

/// <summary>One host in a decision: a candidate has a score, any other one the filter that refused it.</summary>
public sealed record HostDecision
{
    /// <summary>The host.</summary>
    public required string ClientId { get; init; }

    /// <summary>Whether the host is the one that was chosen.</summary>
    public required bool Chosen { get; init; }

    /// <summary>The first filter that refused it, such as "memory" or "unhealthy"; absent for a candidate.</summary>
    public string? RefusedBy { get; init; }

    /// <summary>The terms of its score; absent for a refused host.</summary>
    public ScoreEntry? Score { get; init; }

    /// <summary>What there was too little of; absent for a candidate and for a filter that does not measure.</summary>
    public ShortageEntry? Shortage { get; init; }
}

/// <summary>The terms of a score; the lowest total wins.</summary>
/// <param name="DistanceKm">Distance from the user; 0 when unknown.</param>
/// <param name="AvgCpu">Mean percentage of the cores that a session would get.</param>
/// <param name="MemoryPct">Memory used, percent.</param>
/// <param name="Gpu">1.5 × mean utilisation of the cards; 0 for a tier without GPU.</param>
/// <param name="LatencyMs">Probe latency.</param>
/// <param name="Total">Their sum.</param>
/// <param name="SlowStart">What the host's slow start adds, part of the total too; absent without one.</param>
/// <param name="Pace">With <c>scoring: projected</c>, the points of how fast the host has turned out to be and of its share of the sessions.</param>
public sealed record ScoreEntry(
    double DistanceKm, double AvgCpu, double MemoryPct, double Gpu, double LatencyMs, double Total, double? SlowStart = null, double? Pace = null);

/// <summary>What a host had too little of.</summary>
/// <param name="Unit">"cores", "GB", "cards" or "GB of VRAM".</param>
/// <param name="Needed">What the tier needs.</param>
/// <param name="Available">What the host has that is neither used nor reserved.</param>
/// <param name="ShortBy">The difference.</param>
/// <param name="Cards">The host's cards, those with the most free VRAM first; absent unless cards or VRAM are short.</param>
public sealed record ShortageEntry(string Unit, double Needed, double Available, double ShortBy, IReadOnlyList<CardEntry>? Cards);

/// <summary>One card in a shortage.</summary>
/// <param name="DeviceId">The card's index on its host.</param>
/// <param name="FreeGb">VRAM not in use.</param>
/// <param name="Held">Whether a reservation holds the card.</param>
public sealed record CardEntry(int DeviceId, double FreeGb, bool Held);

/// <summary>Answer of <c>GET /decisions</c>: the latest decisions that found a host, the latest first.</summary>
public sealed record DecisionListResponse
{
    /// <summary>The decisions.</summary>
    public required IReadOnlyList<DecisionEntry> Decisions { get; init; }
}

/// <summary>A decision in short.</summary>
/// <param name="ReservationId">The reservation that it made, 32 hexadecimal digits.</param>
/// <param name="Tier">The tier.</param>
/// <param name="ClientId">The host that was chosen.</param>
/// <param name="StickyId">The session; null without one.</param>
/// <param name="DecidedAt">When, RFC 3339.</param>
public sealed record DecisionEntry(string ReservationId, string Tier, string ClientId, string? StickyId, DateTimeOffset DecidedAt);
