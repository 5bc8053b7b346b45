namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>A decision that an index remembers, in short.</summary>
/// <param name="ReservationId">The reservation that it made.</param>
/// <param name="Tier">The tier.</param>
/// <param name="ClientId">The host that was chosen.</param>
/// <param name="StickyId">The session; null without one.</param>
/// <param name="DecidedAt">When.</param>
[GenerateSerializer, Immutable, Alias("opsen.RecentDecision")]
public readonly record struct RecentDecision(
    [property: Id(0)] Guid ReservationId,
    [property: Id(1)] string Tier,
    [property: Id(2)] string ClientId,
    [property: Id(3)] string? StickyId,
    [property: Id(4)] DateTimeOffset DecidedAt);
