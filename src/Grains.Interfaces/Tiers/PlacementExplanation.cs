using System.Collections.Immutable;

namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>Why a decision is what it is.</summary>
/// <param name="Outcome">How the query ends.</param>
/// <param name="ClientId">The host that it gets; null when none.</param>
/// <param name="IsExisting">Whether the session had that host before, so that scores played no part.</param>
/// <param name="Hosts">All hosts: candidates by score, best first, then the refused ones by filter.</param>
[GenerateSerializer, Immutable, Alias("opsen.PlacementExplanation")]
public sealed record PlacementExplanation(
    [property: Id(0)] RouteOutcome Outcome,
    [property: Id(1)] string? ClientId,
    [property: Id(2)] bool IsExisting,
    [property: Id(3)] ImmutableArray<HostExplanation> Hosts);

/// <summary>One host in a decision: a candidate has a score, any other one a shortage.</summary>
/// <param name="ClientId">The host.</param>
/// <param name="Refusal">The first filter that refused it; none for a candidate.</param>
/// <param name="Score">The terms of its score, or null.</param>
/// <param name="Shortage">What there was too little of; null for a candidate and for a filter that does not measure.</param>
[GenerateSerializer, Immutable, Alias("opsen.HostExplanation")]
public sealed record HostExplanation(
    [property: Id(0)] string ClientId,
    [property: Id(1)] RefusalReason Refusal,
    [property: Id(2)] ScoreTerms? Score,
    [property: Id(3)] Shortage? Shortage);

/// <summary>The terms of a score.</summary>
/// <param name="DistanceKm">Distance from the caller; 0 when unknown.</param>
/// <param name="AverageCpu">Mean percentage of the tier's number of least-loaded cores; with projected scores the points of the cores.</param>
/// <param name="MemoryPct">Memory used, percent; with projected scores the points of the memory.</param>
/// <param name="WeightedGpuPct">1.5 × mean utilisation of the cards; 0 for a tier without GPU; with projected scores the points of the cards.</param>
/// <param name="LatencyMs">Probe latency.</param>
/// <param name="SlowStart">What a slow start adds; 0 without one.</param>
/// <param name="Pace">With projected scores, the points of how fast the host has turned out to be and of its share of the sessions; 0 otherwise.</param>
[GenerateSerializer, Immutable, Alias("opsen.ScoreTerms")]
public sealed record ScoreTerms(
    [property: Id(0)] double DistanceKm,
    [property: Id(1)] double AverageCpu,
    [property: Id(2)] double MemoryPct,
    [property: Id(3)] double WeightedGpuPct,
    [property: Id(4)] double LatencyMs,
    [property: Id(5)] double SlowStart,
    [property: Id(6)] double Pace = 0)
{
    /// <summary>Their sum; the lowest wins.</summary>
    public double Total => DistanceKm + AverageCpu + MemoryPct + WeightedGpuPct + LatencyMs + SlowStart + Pace;
}

/// <summary>What a host had too little of.</summary>
/// <param name="Unit">"cores", "GB", "cards" or "GB of VRAM".</param>
/// <param name="Needed">What the tier needs.</param>
/// <param name="Available">What the host has that is neither used nor reserved; negative when more is reserved than it now has.</param>
/// <param name="Cards">The host's GPU cards, those with the most free VRAM first; empty unless cards or VRAM are short.</param>
[GenerateSerializer, Immutable, Alias("opsen.Shortage")]
public sealed record Shortage(
    [property: Id(0)] string Unit,
    [property: Id(1)] double Needed,
    [property: Id(2)] double Available,
    [property: Id(3)] ImmutableArray<CardExplanation> Cards);

/// <summary>One GPU card in a shortage.</summary>
/// <param name="DeviceId">The card's index on its host.</param>
/// <param name="FreeGb">VRAM not in use.</param>
/// <param name="IsHeld">Whether a reservation holds the card, so that it does not count.</param>
[GenerateSerializer, Immutable, Alias("opsen.CardExplanation")]
public sealed record CardExplanation([property: Id(0)] int DeviceId, [property: Id(1)] double FreeGb, [property: Id(2)] bool IsHeld);
