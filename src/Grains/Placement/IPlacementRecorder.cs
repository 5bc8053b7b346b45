using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Placement;

/// <summary>Hears everything that an index hears and decides, in its order. Must neither wait nor fail.</summary>
internal interface IPlacementRecorder
{
    /// <summary>A host's state.</summary>
    void Heard(HostSnapshot host, long nowMs);

    /// <summary>A host leaves.</summary>
    void Left(string clientId, long nowMs);

    /// <summary>A decision. <paramref name="granted"/> is null when there was no room.</summary>
    void Decided(in PlacementQuery query, string tier, Reservation? granted, long nowMs);

    /// <summary>A reservation of before is put back.</summary>
    void Restored(in ReservationRecord record, long nowMs);

    /// <summary>A reservation ends.</summary>
    void Ended(Guid reservation, ReservationEnd how, long nowMs);
}
