namespace Opsen.Grains.Placement;

/// <summary>The reservations that end when a query is granted: the session's own for the tier, and the one that the query replaces. They count against
/// no host while the choice is made.</summary>
internal readonly struct DisplacedReservations
{
    /// <summary>Finds them.</summary>
    public DisplacedReservations(in PlacementQuery query, ReservationLedger ledger)
    {
        Own = query.StickyId is { } stickyId ? ledger.Find(stickyId, query.Tier) : null;
        var replaced = query.Replaces is { } id ? ledger.Find(id) : null;
        Replaced = replaced == Own ? null : replaced;
    }

    /// <summary>The session's own, or null.</summary>
    public Reservation? Own { get; }

    /// <summary>The replaced one if it is not the session's own, or null.</summary>
    public Reservation? Replaced { get; }
}
