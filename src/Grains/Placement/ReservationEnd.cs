namespace Opsen.Grains.Placement;

/// <summary>How a reservation ends.</summary>
internal enum ReservationEnd
{
    /// <summary>With what it was made for.</summary>
    Released,

    /// <summary>By itself; its session may go on.</summary>
    Expired,

    /// <summary>Another one took its place, or it was never used: it says nothing of how long sessions take.</summary>
    Displaced,
}
