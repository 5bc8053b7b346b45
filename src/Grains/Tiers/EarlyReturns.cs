namespace Opsen.Grains.Tiers;

/// <summary>
/// Reservations that were given back to an index that did not know them. In a cluster one gateway may give back what another one has yet to hand in, so an
/// index that begins remembers them for as long as such a reservation can live.
/// </summary>
internal sealed class EarlyReturns(TimeSpan longestLife, TimeProvider time)
{
    /// <summary>Bounds what callers who give back nonsense can fill.</summary>
    private const int MaxCount = 200_000;

    private readonly HashSet<Guid> _ids = [];
    private readonly long _since = time.GetTimestamp();

    /// <summary>Remembers one, while that can matter.</summary>
    public void Add(Guid reservationId)
    {
        if (time.GetElapsedTime(_since) > longestLife)
        {
            _ids.Clear();
        }
        else if (_ids.Count < MaxCount)
        {
            _ids.Add(reservationId);
        }
    }

    /// <summary>Whether it was given back.</summary>
    public bool Contains(Guid reservationId) => _ids.Contains(reservationId);
}
