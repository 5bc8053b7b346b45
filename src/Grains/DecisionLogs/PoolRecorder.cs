using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Placement;

namespace Opsen.Grains.DecisionLogs;

/// <summary>Writes down what an index hears and decides.</summary>
internal sealed class PoolRecorder(IDecisionLog log, string pool) : IPlacementRecorder
{
    /// <summary>An index begins.</summary>
    public void Begun(GrainSettings settings, DateTimeOffset time, long nowMs) => log.Write(new()
    {
        Kind = DecisionEventKind.Begin,
        Pool = pool,
        Ms = nowMs,
        Time = time,
        Tiers = settings.Tiers,
        ProjectedMinutes = settings.ProjectedWindow?.TotalMinutes,
        PanicThresholdPct = settings.PanicThresholdPct,
    });

    /// <inheritdoc/>
    public void Heard(HostSnapshot host, long nowMs) => log.Write(new() { Kind = DecisionEventKind.Host, Pool = pool, Ms = nowMs, Host = host });

    /// <inheritdoc/>
    public void Left(string clientId, long nowMs) => log.Write(new() { Kind = DecisionEventKind.Gone, Pool = pool, Ms = nowMs, ClientId = clientId });

    /// <inheritdoc/>
    public void Decided(in PlacementQuery query, string tier, Reservation? granted, long nowMs) => log.Write(new()
    {
        Kind = granted is null ? DecisionEventKind.Refused : DecisionEventKind.Granted,
        Pool = pool,
        Ms = nowMs,
        ClientId = granted?.Host.ClientId,
        Reservation = granted?.Id,
        Tier = tier,
        Place = query.Place.IsKnown ? query.Place : null,
        Excluded = query.Excluded.Length > 0 ? query.Excluded : null,
        Preferred = query.Preferred.Length > 0 ? query.Preferred : null,
        GpuIds = granted is { GpuIds.Length: > 0 } ? granted.GpuIds : null,
    });

    /// <inheritdoc/>
    public void Restored(in ReservationRecord record, long nowMs) => log.Write(new()
    {
        Kind = DecisionEventKind.Restored,
        Pool = pool,
        Ms = nowMs,
        ClientId = record.ClientId,
        Reservation = record.Id,
        Tier = record.Tier,
        GpuIds = record.GpuIds is { IsDefaultOrEmpty: false } cards ? cards : null,
    });

    /// <inheritdoc/>
    public void Ended(Guid reservation, ReservationEnd how, long nowMs) => log.Write(new()
    {
        Kind = DecisionEventKind.Ended,
        Pool = pool,
        Ms = nowMs,
        Reservation = reservation,
        How = WordOf(how),
    });

    /// <summary>The end of a word in the log.</summary>
    public static ReservationEnd EndOf(string? word) => word switch
    {
        "released" => ReservationEnd.Released,
        "expired" => ReservationEnd.Expired,
        _ => ReservationEnd.Displaced,
    };

    private static string WordOf(ReservationEnd how) => how switch
    {
        ReservationEnd.Released => "released",
        ReservationEnd.Expired => "expired",
        _ => "displaced",
    };
}
