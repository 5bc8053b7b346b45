using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Routing;

/// <summary>Converts the index's explanation to the API's form.</summary>
internal static class ExplanationFormat
{
    /// <summary>Decimal places of scores.</summary>
    private const int Digits = 3;

    /// <summary>Formats an explanation that was made at <paramref name="asOf"/>.</summary>
    public static DecisionExplanation Format(PlacementExplanation explanation, DateTimeOffset asOf) => new()
    {
        AsOf = asOf,
        IsExisting = explanation.IsExisting,
        Hosts = [.. explanation.Hosts.Select(host => Format(host, explanation.ClientId))],
    };

    private static HostDecision Format(HostExplanation host, string? chosen) => new()
    {
        ClientId = host.ClientId,
        Chosen = host.ClientId == chosen,
        RefusedBy = host.Refusal == RefusalReason.None ? null : DecisionWords.Of(host.Refusal),
        Score = host.Score is { } score
            ? new ScoreEntry(
                Round(score.DistanceKm), Round(score.AverageCpu), Round(score.MemoryPct), Round(score.WeightedGpuPct), Round(score.LatencyMs),
                    Round(score.Total),
                score.SlowStart > 0 ? Round(score.SlowStart) : null,
                score.Pace != 0 ? Round(score.Pace) : null)
            : null,
        Shortage = host.Shortage is { } shortage
            ? new ShortageEntry(
                shortage.Unit,
                Round(shortage.Needed),
                Round(shortage.Available),
                Round(shortage.Needed - shortage.Available),
                shortage.Cards.IsEmpty ? null : [.. shortage.Cards.Select(card => new CardEntry(card.DeviceId, Round(card.FreeGb), card.IsHeld))])
            : null,
    };

    private static double Round(double value) => Math.Round(value, Digits);
}
