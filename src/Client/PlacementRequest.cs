namespace Opsen.Client;

/// <summary>What is asked for.</summary>
/// <param name="Tier">The tier's name, as the gateway's configuration has it.</param>
public sealed record PlacementRequest(string Tier)
{
    /// <summary>The session's id: the same one gets the same host, as long as that is there. Null for a placement of its own.</summary>
    public string? SessionId { get; init; }

    /// <summary>The user's address, from which the gateway tells the user's place where it has a GeoIP file.</summary>
    public string? ClientIp { get; init; }

    /// <summary>The user's place, degrees north; together with <see cref="Longitude"/>, and stronger than <see cref="ClientIp"/>.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees east.</summary>
    public double? Longitude { get; init; }

    /// <summary>How long to ask again while nothing fits or no decision can be made; as often as the gateway says. Zero = not at all.</summary>
    public TimeSpan Wait { get; init; }
}
