namespace Opsen.Grains.Tiers;

/// <summary>The hosts of a pool, stored so that an index that starts knows whom to ask.</summary>
[GenerateSerializer, Alias("opsen.PoolHosts")]
public sealed record PoolHosts
{
    /// <summary>Client ids.</summary>
    [Id(0)]
    public List<string> ClientIds { get; set; } = [];
}

/// <summary>A stretch of a pool's ledger: what happened to its reservations in a short time.</summary>
[GenerateSerializer, Alias("opsen.LedgerSegment")]
public sealed record LedgerSegment
{
    /// <summary>Counts the pool's segments from 1; 0 in a slot that was never written.</summary>
    [Id(0)]
    public long Sequence { get; set; }

    /// <summary>Reservations granted or renewed. A later one with the same id is the truth.</summary>
    [Id(1)]
    public List<StoredReservation> Granted { get; set; } = [];

    /// <summary>Reservations of this and earlier segments that ended before their time.</summary>
    [Id(2)]
    public List<Guid> Ended { get; set; } = [];
}

/// <summary>One reservation as stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ClientId">The host.</param>
/// <param name="Tier">The tier's name: numbers change when the configuration does.</param>
/// <param name="StickyId">The session, or null.</param>
/// <param name="GpuIds">Cards it holds.</param>
/// <param name="ExpiresAt">When it ends, by the silo's clock.</param>
[GenerateSerializer, Immutable, Alias("opsen.StoredReservation")]
public sealed record StoredReservation(
    [property: Id(0)] Guid Id,
    [property: Id(1)] string ClientId,
    [property: Id(2)] string Tier,
    [property: Id(3)] string? StickyId,
    [property: Id(4)] int[] GpuIds,
    [property: Id(5)] DateTimeOffset ExpiresAt);
