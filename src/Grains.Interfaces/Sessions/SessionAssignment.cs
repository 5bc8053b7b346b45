using System.Collections.Immutable;

namespace Opsen.Grains.Interfaces.Sessions;

/// <summary>A session's host for one tier, as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("opsen.SessionAssignment")]
public sealed record SessionAssignment
{
    /// <summary>The session.</summary>
    [Id(0)]
    public required string StickyId { get; init; }

    /// <summary>The tier's name.</summary>
    [Id(1)]
    public required string Tier { get; init; }

    /// <summary>The host.</summary>
    [Id(2)]
    public required string ClientId { get; init; }

    /// <summary>The host's <see cref="Backends.HostSnapshot.AffinityEpoch"/> when the session was placed; once the host's is higher, the assignment is
    /// void.</summary>
    [Id(3)]
    public required long AffinityEpoch { get; init; }

    /// <summary>The reservation that was made with it; it may have ended since.</summary>
    [Id(4)]
    public required Guid ReservationId { get; init; }

    /// <summary>Device ids of the cards of that reservation.</summary>
    [Id(5)]
    public ImmutableArray<int> GpuIds { get; init; } = [];

    /// <summary>When that reservation ends unless it is renewed or released, by the silo's clock.</summary>
    [Id(8)]
    public DateTimeOffset ReservedUntil { get; init; }

    /// <summary>When the session was placed there.</summary>
    [Id(6)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Last use, up to a tenth of the session's time to live behind.</summary>
    [Id(7)]
    public required DateTimeOffset LastUsed { get; init; }

    /// <summary>The host's pool, where that is not the pool that keeps the session; else empty.</summary>
    [Id(9)]
    public string HostPool { get => field ?? ""; init; } = "";
}
