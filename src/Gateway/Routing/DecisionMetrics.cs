using System.Diagnostics.Metrics;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Telemetry;

namespace Opsen.Gateway.Routing;

/// <summary>Counts decisions: how they ended, where they came from, how long they took, and which filters refused hosts.</summary>
internal sealed class DecisionMetrics : IDisposable
{
    private const string TierTag = "tier";
    private const string OutcomeTag = "outcome";
    private const string SourceTag = "source";

    /// <summary>For a tier that is not configured: names that callers make up must not become series.</summary>
    private const string UnknownTier = "unknown";

    private readonly GatewayFleet _fleet;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Counter<long> _decisions;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _spills;
    private readonly Histogram<double> _waits;

    /// <summary>Publishes the instruments.</summary>
    public DecisionMetrics(GatewayFleet fleet, SessionCaches sessions, TimeProvider time, IMeterFactory meters)
    {
        (_fleet, _time) = (fleet, time);
        _meter = meters.Create(OpsenMeter.Name);
        _decisions = _meter.CreateCounter<long>(
            "opsen.decisions", "{decision}", "Decisions by tier, outcome and source: cache (a known session), session (its grain) or index");
        _duration = _meter.CreateHistogram(
            "opsen.decision.duration", "s", "How long decisions took that were not in the cache", tags: null, OpsenMeter.Durations);
        _refusals = _meter.CreateCounter<long>(
            "opsen.decision.refusals", "{host}", "Hosts that a filter refused in decisions that found no host, by tier and filter");
        _waits = _meter.CreateHistogram(
            "opsen.queue.wait", "s", "How long requests waited for room, by tier, and whether they got some", tags: null, OpsenMeter.Waits);
        _spills = _meter.CreateCounter<long>(
            "opsen.decisions.spilled", "{decision}", "Decisions made in another pool than the first of pools, because those before it had no room");
        _meter.CreateObservableGauge("opsen.sessions.cached", () => sessions.Count, "{session}", "Sessions and tiers in this gateway's cache");
    }

    /// <summary>Counts a decision that the cache answered.</summary>
    public void FromCache(string tier) => _decisions.Add(1, new(TierTag, tier), new(OutcomeTag, DecisionWords.Of(RouteOutcome.Routed)), new(SourceTag, "cache"));

    /// <summary>Counts a request that has waited for room.</summary>
    public void Waited(string tier, bool isServed, TimeSpan waited) =>
        _waits.Record(waited.TotalSeconds, new(TierTag, tier), new(OutcomeTag, isServed ? "served" : "refused"));

    /// <summary>Counts a decision for a tier that is not configured.</summary>
    public void OfUnknownTier() =>
        _decisions.Add(1, new(TierTag, UnknownTier), new(OutcomeTag, DecisionWords.Of(RouteOutcome.UnknownTier)), new(SourceTag, "cache"));

    /// <summary>Counts a decision that was asked for; returns it.</summary>
    public RouteResult Count(in RouteQuery query, in RouteResult result, long since)
    {
        if (query.Wait is { MayWait: true } && result.Outcome == RouteOutcome.NoCapacity)
        {
            return result;
        }

        var tier = result.Outcome == RouteOutcome.UnknownTier || _fleet.FindTier(query.Tier) is null ? UnknownTier : query.Tier;
        KeyValuePair<string, object?> outcome = new(OutcomeTag, DecisionWords.Of(result.Outcome));
        KeyValuePair<string, object?> source = new(SourceTag, query.StickyId is null ? "index" : "session");
        _decisions.Add(1, new(TierTag, tier), outcome, source);
        _duration.Record(_time.GetElapsedTime(since).TotalSeconds, outcome, source);
        if (result.Outcome == RouteOutcome.NoCapacity)
        {
            CountRefusals(tier, result.Decision);
        }
        else if (result is { Outcome: RouteOutcome.Routed, Decision.Epoch: > 0 } && _fleet.HasSpilled(result.Decision.Pool))
        {
            _spills.Add(1, new KeyValuePair<string, object?>("pool", result.Decision.Pool));
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void CountRefusals(string tier, PlacementDecision decision)
    {
        for (var filter = RefusalReason.None + 1; (int)filter < decision.Refusals.Length; filter++)
        {
            if (decision.Refusals[(int)filter] > 0)
            {
                _refusals.Add(decision.Refusals[(int)filter], new(TierTag, tier), new("filter", DecisionWords.Of(filter)));
            }
        }
    }
}
