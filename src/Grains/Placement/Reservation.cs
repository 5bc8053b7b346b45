using System.Collections.Immutable;

namespace Opsen.Grains.Placement;

/// <summary>One session's hold on a host's resources. Objects are pooled, and are members of their host's list, the tables and the expiry queue by their own
/// links.</summary>
internal sealed class Reservation
{
    /// <summary>Identity given to the caller.</summary>
    public Guid Id;

    /// <summary>The host it is on.</summary>
    public PlacedHost Host = null!;

    /// <summary>What it was granted for.</summary>
    public ReservedTier Tier = null!;

    /// <summary>The session it belongs to, or null.</summary>
    public string? StickyId;

    /// <summary>Device ids of the cards it holds.</summary>
    public ImmutableArray<int> GpuIds = [];

    /// <summary>When it was granted, ms.</summary>
    public long GrantedAt;

    /// <summary>When it ends by itself, ms.</summary>
    public long ExpiresAt;

    /// <summary>Whether the expiry queue keeps it apart from those that came in order.</summary>
    public bool IsOutOfOrder;

    /// <summary>Number of the first report of the present run in which the tier did not fit even without this reservation.</summary>
    public int UnfitSince;

    /// <summary>Number of the last report of that run; the run is over when the host has reported since.</summary>
    public int UnfitUntil;

    /// <summary>Whether storage has been told of it.</summary>
    public bool IsStored;

    /// <summary>Whether its host's sums leave it out for a while.</summary>
    public bool IsUncounted;

    /// <summary>Whether its session has another reservation for the tier now, which may yet be given up for this one.</summary>
    public bool IsSetAside;

    /// <summary>Whether it is found by its session and tier.</summary>
    public bool IsOfSession => StickyId is not null && !IsSetAside && Tier.Number != ReservedTier.Gone;

    /// <summary>Takes it out of its host's sums for a while, though it stays on the books, or back in.</summary>
    public void SetCounted(bool isCounted)
    {
        if (IsUncounted != isCounted)
        {
            return;
        }

        IsUncounted = !isCounted;
        if (isCounted)
        {
            Host.Take(Tier.Need, GpuIds);
        }
        else
        {
            Host.GiveBack(Tier.Need, GpuIds);
        }
    }

    /// <summary>Neighbours in the host's list.</summary>
    public Reservation? PreviousOnHost, NextOnHost;

    /// <summary>The next ones of the same bucket in the two tables.</summary>
    public Reservation? NextById, NextBySession;

    /// <summary>Neighbours in the expiry queue.</summary>
    public Reservation? Sooner, Later;
}
