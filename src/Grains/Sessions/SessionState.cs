namespace Opsen.Grains.Sessions;

/// <summary>What is stored of a session: one assignment per tier.</summary>
[GenerateSerializer, Alias("opsen.SessionState")]
public sealed record SessionState
{
    /// <summary>The session's hosts by tier.</summary>
    [Id(0)]
    public Dictionary<string, Assignment> Assignments { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>A session's host for one tier.</summary>
/// <param name="ClientId">The host.</param>
/// <param name="ReservationId">The reservation that was made with it; it may have ended since.</param>
/// <param name="GpuIds">Cards of that reservation.</param>
/// <param name="CreatedAt">When the session was placed there.</param>
/// <param name="LastUsed">Last use, exact to a tenth of the session's time to live.</param>
[GenerateSerializer, Immutable, Alias("opsen.Assignment")]
public sealed record Assignment(
    [property: Id(0)] string ClientId,
    [property: Id(1)] Guid ReservationId,
    [property: Id(2)] int[] GpuIds,
    [property: Id(3)] DateTimeOffset CreatedAt,
    [property: Id(4)] DateTimeOffset LastUsed);
