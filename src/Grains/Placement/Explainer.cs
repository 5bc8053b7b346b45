using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Placement;

/// <summary>Explains the index's view of every host, one query at a time. It uses the same judgements as placement, so explanations cannot diverge.</summary>
internal sealed class Explainer(TierSpec tier, PlaceVector caller)
{
    private readonly TierNeed _need = new(tier);

    /// <summary>Orders candidates by score, then refused hosts by filter; equal ones by id.</summary>
    public static int Compare(HostExplanation a, HostExplanation b)
    {
        var byFilter = a.Refusal.CompareTo(b.Refusal);
        var byScore = byFilter != 0 ? byFilter : Comparer<double?>.Default.Compare(a.Score?.Total, b.Score?.Total);
        return byScore != 0 ? byScore : string.CompareOrdinal(a.ClientId, b.ClientId);
    }

    /// <summary>Explains a host.</summary>
    public HostExplanation Explain(HostMoment host) =>
        new(host.Snapshot.ClientId, host.Refusal, host.Refusal == RefusalReason.None ? Score(host) : null, Measure(host));

    private ScoreTerms Score(in HostMoment host)
    {
        var terms = LoadTerms.Of(host.Snapshot);
        var distance = caller.DistanceKmTo(host.Centre);
        if (host.Projected is { } projected)
        {
            return new(distance, projected.Cpu, projected.Memory, projected.Gpu, terms.LatencyMs, host.SlowStartPenalty, projected.Pace);
        }

        Span<double> averageCpu = stackalloc double[1];
        LoadTerms.AverageCpu(host.Snapshot.Load?.CpuUsage ?? [], [_need], averageCpu);
        var gpu = _need.Cards > 0 ? LoadTerms.GpuWeight * terms.GpuPct : 0;
        return new(distance, averageCpu[0], terms.MemoryPct, gpu, terms.LatencyMs, host.SlowStartPenalty);
    }

    private Shortage? Measure(in HostMoment host) => host.Refusal switch
    {
        RefusalReason.Cpu => new("cores", _need.Vcpu, host.FreeVcpu, []),
        RefusalReason.Memory => new("GB", Quantity.ToGb(_need.Memory), Quantity.ToGb(host.FreeMemory), []),
        RefusalReason.Disk => new("GB", Quantity.ToGb(_need.Disk), Quantity.ToGb(host.FreeDisk), []),
        RefusalReason.Gpu => MeasureCards(host.Cards),
        _ => null,
    };

    private Shortage MeasureCards(HostCard[] held)
    {
        var (free, vram) = HostCards.CountFree(held, _need.Cards);
        ImmutableArray<CardExplanation> cards = [.. held.Select(card => new CardExplanation(card.DeviceId, Quantity.ToGb(card.FreeVram), card.IsHeld))];
        return free < _need.Cards
            ? new("cards", _need.Cards, free, cards)
            : new("GB of VRAM", Quantity.ToGb(_need.Vram), Quantity.ToGb(vram), cards);
    }
}
