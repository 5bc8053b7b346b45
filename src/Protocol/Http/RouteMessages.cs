namespace Opsen.Protocol.Http;

/// <summary>Body of <c>POST /route</c>.</summary>
public sealed record RouteRequest
{
    /// <summary>Name of a configured tier; required.</summary>
    public string? Tier { get; init; }

    /// <summary>The user's address, looked up in GeoIP when no coordinates are given.</summary>
    public string? ClientIp { get; init; }

    /// <summary>The user's place, degrees north.</summary>
    public double? ClientLat { get; init; }

    /// <summary>The user's place, degrees east.</summary>
    public double? ClientLon { get; init; }
}

/// <summary>Answer of <c>POST /route</c>: the chosen host and what was reserved on it.</summary>
public sealed record RouteResponse
{
    /// <summary>The chosen host.</summary>
    public required string ClientId { get; init; }

    /// <summary>The host's main endpoint URL.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The host's name.</summary>
    public required string Hostname { get; init; }

    /// <summary>Great-circle distance from the user in km, 0 when either place is unknown.</summary>
    public required double DistanceKm { get; init; }

    /// <summary>The reservation made for this decision, 32 hexadecimal digits; absent when the session holds none any more.</summary>
    public string? ReservationId { get; init; }

    /// <summary>Device ids of the cards that the reservation holds; empty for tiers without a GPU.</summary>
    public required IReadOnlyList<int> GpuIds { get; init; }

    /// <summary>The host's pool; only where the gateway has several (<c>pools</c>).</summary>
    public string? Pool { get; init; }

    /// <summary>True when the pools before that one had no room; absent otherwise.</summary>
    public bool? Spilled { get; init; }

    /// <summary>How long the request waited for room, s; absent when it did not.</summary>
    public double? WaitedSeconds { get; init; }

    /// <summary>What the decision was made of; only with <c>?explain=true</c>.</summary>
    public DecisionExplanation? Explanation { get; init; }
}

/// <summary>How a request waited for room that got none (<c>max_wait_seconds</c> of a tier).</summary>
/// <param name="WaitedSeconds">How long it waited.</param>
/// <param name="Position">How many of its tier were to be served before it in the end, and itself; absent when it was turned away at once.</param>
/// <param name="EstimatedWaitSeconds">How long it would still have taken, at the pace of late; absent when nobody was served lately.</param>
public sealed record QueueEntry(double WaitedSeconds, int? Position = null, double? EstimatedWaitSeconds = null);
