namespace Opsen.Grains.Placement;

/// <summary>The reservations that end when a query is granted: the session's own for the tier, the one that the query replaces, and the one that
/// has held room for it. They count against no host while the choice is made.</summary>
internal readonly struct DisplacedReservations
{
    /// <summary>Finds them.</summary>
    public DisplacedReservations(in PlacementQuery query, ReservationLedger ledger)
    {
        Own = query.StickyId is { } stickyId ? ledger.Find(stickyId, query.Tier) : null;
        var replaced = query.Replaces is { } id ? ledger.Find(id) : null;
        Replaced = replaced == Own ? null : replaced;
        Slot = query.Slot == Guid.Empty ? null : ledger.Find(query.Slot);
    }

    /// <summary>The session's own, or null.</summary>
    public Reservation? Own { get; }

    /// <summary>The replaced one if it is not the session's own, or null.</summary>
    public Reservation? Replaced { get; }

    /// <summary>The one that has held room for the new one, or null.</summary>
    public Reservation? Slot { get; }
}
