using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Placement;

/// <summary>One GPU card of a host.</summary>
/// <param name="DeviceId">The card's index on its host.</param>
/// <param name="FreeVram">VRAM not in use, kB.</param>
/// <param name="UtilizationPct">Utilisation, percent.</param>
/// <param name="IsHeld">Whether a reservation holds the card.</param>
internal readonly record struct HostCard(int DeviceId, long FreeVram, double UtilizationPct, bool IsHeld);

/// <summary>The GPU cards of a host, and which of them reservations hold. Holds go by device id and outlive a report that lacks the card.</summary>
/// <param name="fitsTightly">Whether sessions get the least used cards that suffice, of those the ones with the least free VRAM, so that what is left fits
/// larger ones; otherwise the cards with the most free VRAM.</param>
internal sealed class HostCards(bool fitsTightly)
{
    /// <summary>More than any machine has: bounds what a registration without a card report can claim.</summary>
    private const int MaxAssumedCards = 1024;

    /// <summary>Utilisations within so many percent count as equal.</summary>
    private const double UseStepPct = 20;

    private ImmutableArray<int> _held = [];
    private HostCard[] _cards = [];

    /// <summary>In the order in which sessions get them; empty unless they fit tightly.</summary>
    private HostCard[] _byFit = [];

    /// <summary>The cards, those with the most free VRAM first, then by device id.</summary>
    public ReadOnlySpan<HostCard> Cards => _cards;

    /// <summary>Updates the cards from the latest state: the reported ones, else as many as were registered, without VRAM.</summary>
    public void Observe(HostSnapshot host)
    {
        var reported = host.Load?.Gpus ?? [];
        if (reported.IsEmpty)
        {
            var assumed = Math.Clamp(host.Registration.TotalGpus, 0, MaxAssumedCards);
            _cards = assumed == 0 ? [] : [.. Enumerable.Range(0, assumed).Select(id => new HostCard(id, 0, 0, _held.Contains(id)))];
        }
        else
        {
            _cards = [.. reported.Select(Create)];
            Array.Sort(_cards, static (a, b) => a.FreeVram != b.FreeVram ? b.FreeVram.CompareTo(a.FreeVram) : a.DeviceId.CompareTo(b.DeviceId));
        }

        if (fitsTightly)
        {
            _byFit = [.. _cards];
            Array.Sort(_byFit, CompareFit);
        }
    }

    /// <summary>Whether enough cards are free, with enough free VRAM together.</summary>
    public bool Fit(in TierNeed need)
    {
        var (cards, vram) = CountFree(_cards, need.Cards);
        return cards == need.Cards && vram >= need.Vram;
    }

    /// <summary>How many cards, at most <paramref name="wanted"/>, are free, and the most VRAM (kB) that so many have free together; those with the most free
    /// VRAM come first.</summary>
    public static (int Cards, long Vram) CountFree(ReadOnlySpan<HostCard> cards, int wanted)
    {
        var count = 0;
        var vram = 0L;
        foreach (ref readonly var card in cards)
        {
            if (count == wanted)
            {
                break;
            }

            if (!card.IsHeld)
            {
                count++;
                vram += card.FreeVram;
            }
        }

        return (count, vram);
    }

    /// <summary>The cards that a session of a tier gets that fits; device ids.</summary>
    public ImmutableArray<int> Pick(in TierNeed need)
    {
        var ids = ImmutableArray.CreateBuilder<int>(need.Cards);
        var (order, least) = OrderFor(need);
        foreach (ref readonly var card in order.AsSpan())
        {
            if (ids.Count == need.Cards)
            {
                break;
            }

            if (!card.IsHeld && card.FreeVram >= least)
            {
                ids.Add(card.DeviceId);
            }
        }

        return ids.DrainToImmutable();
    }

    /// <summary>Mean utilisation of the cards that a session would get, percent; 100 when it would get none.</summary>
    public double MeanUse(in TierNeed need)
    {
        var (count, sum) = (0, 0d);
        var (order, least) = OrderFor(need);
        foreach (ref readonly var card in order.AsSpan())
        {
            if (count < need.Cards && !card.IsHeld && card.FreeVram >= least)
            {
                count++;
                sum += card.UtilizationPct;
            }
        }

        return count == 0 ? 100 : sum / count;
    }

    /// <summary>How many sessions of a tier the cards would get, one after the other.</summary>
    public int CountSessions(in TierNeed need)
    {
        if (fitsTightly)
        {
            var trial = new HostCards(fitsTightly) { _held = _held, _cards = [.. _cards], _byFit = [.. _byFit] };
            var sessions = 0;
            for (; trial.Fit(need); sessions++)
            {
                trial.Hold(trial.Pick(need));
            }

            return sessions;
        }

        // Every session gets the free cards with the most free VRAM, so the first that does not fit is followed by none that does.
        var (count, taken, vram) = (0, 0, 0L);
        foreach (ref readonly var card in _cards.AsSpan())
        {
            if (card.IsHeld)
            {
                continue;
            }

            vram += card.FreeVram;
            if (++taken < need.Cards)
            {
                continue;
            }

            if (vram < need.Vram)
            {
                break;
            }

            (count, taken, vram) = (count + 1, 0, 0);
        }

        return count;
    }

    /// <summary>Holds cards.</summary>
    public void Hold(ImmutableArray<int> deviceIds)
    {
        _held = _held.AddRange(deviceIds);
        Mark(deviceIds);
    }

    /// <summary>Ends a hold.</summary>
    public void Free(ImmutableArray<int> deviceIds)
    {
        foreach (var id in deviceIds)
        {
            _held = _held.Remove(id);
        }

        Mark(deviceIds);
    }

    private static int CompareFit(HostCard a, HostCard b)
    {
        var byUse = Math.Floor(a.UtilizationPct / UseStepPct).CompareTo(Math.Floor(b.UtilizationPct / UseStepPct));
        var byVram = byUse != 0 ? byUse : a.FreeVram.CompareTo(b.FreeVram);
        return byVram != 0 ? byVram : a.DeviceId.CompareTo(b.DeviceId);
    }

    private HostCard Create(GpuLoad card) =>
        new(card.DeviceId, Quantity.FromGb(card.MemoryFreeGb), LoadTerms.Percent(card.UtilizationPct), _held.Contains(card.DeviceId));

    /// <summary>Which cards are taken first, and what each must have free: its even part of the VRAM, or, where too few have that, those with the
    /// most.</summary>
    private (HostCard[] Order, long Least) OrderFor(in TierNeed need)
    {
        var least = (need.Vram + need.Cards - 1) / need.Cards;
        var enough = 0;
        foreach (ref readonly var card in _byFit.AsSpan())
        {
            enough += !card.IsHeld && card.FreeVram >= least ? 1 : 0;
        }

        return enough >= need.Cards ? (_byFit, least) : (_cards, 0);
    }

    private void Mark(ImmutableArray<int> deviceIds)
    {
        Mark(_cards, deviceIds);
        Mark(_byFit, deviceIds);
    }

    private void Mark(HostCard[] cards, ImmutableArray<int> deviceIds)
    {
        foreach (ref var card in cards.AsSpan())
        {
            if (deviceIds.Contains(card.DeviceId))
            {
                card = card with { IsHeld = _held.Contains(card.DeviceId) };
            }
        }
    }
}
