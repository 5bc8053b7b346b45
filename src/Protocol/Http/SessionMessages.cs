namespace Opsen.Protocol.Http;

/// <summary>Answer of <c>GET /sessions</c> and <c>GET /sessions/{sticky_id}</c>.</summary>
public sealed record SessionListResponse
{
    /// <summary>The assignments.</summary>
    public required IReadOnlyList<SessionEntry> Sessions { get; init; }

    /// <summary>What to send as <c>after</c> for the next page; absent on the last one.</summary>
    public string? Next { get; init; }
}

/// <summary>Where a session is, for one tier.</summary>
public sealed record SessionEntry
{
    /// <summary>The session.</summary>
    public required string StickyId { get; init; }

    /// <summary>The tier's name.</summary>
    public required string Tier { get; init; }

    /// <summary>The host.</summary>
    public required string ClientId { get; init; }

    /// <summary>The reservation that was made when the session was placed; it may have ended since.</summary>
    public required string ReservationId { get; init; }

    /// <summary>Device ids of the cards of that reservation.</summary>
    public required IReadOnlyList<int> GpuIds { get; init; }

    /// <summary>When the session was placed there.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Last use, exact to a tenth of the session's time to live.</summary>
    public required DateTimeOffset LastUsed { get; init; }
}
