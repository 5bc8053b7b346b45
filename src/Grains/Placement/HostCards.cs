using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Placement;

/// <summary>One GPU card of a host.</summary>
/// <param name="DeviceId">The card's index on its host.</param>
/// <param name="FreeVram">VRAM not in use, kB.</param>
/// <param name="IsHeld">Whether a reservation holds the card.</param>
internal readonly record struct HostCard(int DeviceId, long FreeVram, bool IsHeld);

/// <summary>The GPU cards of a host, and which of them reservations hold. Holds go by device id and outlive a report that lacks the card.</summary>
internal sealed class HostCards
{
    /// <summary>More than any machine has: bounds what a registration without a card report can claim.</summary>
    private const int MaxAssumedCards = 1024;

    private ImmutableArray<int> _held = [];
    private HostCard[] _cards = [];

    /// <summary>The cards, those with the most free VRAM first, then by device id.</summary>
    public ReadOnlySpan<HostCard> Cards => _cards;

    /// <summary>Updates the cards from the latest state: the reported ones, else as many as were registered, without VRAM.</summary>
    public void Observe(HostSnapshot host)
    {
        var reported = host.Load?.Gpus ?? [];
        if (reported.IsEmpty)
        {
            var assumed = Math.Clamp(host.Registration.TotalGpus, 0, MaxAssumedCards);
            _cards = assumed == 0 ? [] : [.. Enumerable.Range(0, assumed).Select(id => new HostCard(id, 0, _held.Contains(id)))];
            return;
        }

        _cards = [.. reported.Select(card => new HostCard(card.DeviceId, Quantity.FromGb(card.MemoryFreeGb), _held.Contains(card.DeviceId)))];
        Array.Sort(_cards, static (a, b) => a.FreeVram != b.FreeVram ? b.FreeVram.CompareTo(a.FreeVram) : a.DeviceId.CompareTo(b.DeviceId));
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

    /// <summary>The free cards with the most free VRAM; device ids.</summary>
    public ImmutableArray<int> Pick(int wanted)
    {
        var ids = ImmutableArray.CreateBuilder<int>(wanted);
        foreach (ref readonly var card in _cards.AsSpan())
        {
            if (ids.Count == wanted)
            {
                break;
            }

            if (!card.IsHeld)
            {
                ids.Add(card.DeviceId);
            }
        }

        return ids.DrainToImmutable();
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

    private void Mark(ImmutableArray<int> deviceIds)
    {
        foreach (ref var card in _cards.AsSpan())
        {
            if (deviceIds.Contains(card.DeviceId))
            {
                card = card with { IsHeld = _held.Contains(card.DeviceId) };
            }
        }
    }
}
