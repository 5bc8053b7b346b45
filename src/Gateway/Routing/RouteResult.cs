using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Routing;

/// <summary>The host for one request, or why there is none.</summary>
internal sealed record RouteResult
{
    /// <summary>How it ended.</summary>
    public required RouteOutcome Outcome { get; init; }

    /// <summary>The host; null unless routed.</summary>
    public HostSnapshot? Host { get; init; }

    /// <summary>The reservation; empty when none was made.</summary>
    public Guid ReservationId { get; init; }

    /// <summary>Cards that the reservation holds.</summary>
    public ImmutableArray<int> GpuIds { get; init; } = [];

    /// <summary>Whether the forwarder releases the reservation when the response has ended.</summary>
    public bool EndsWithRequest { get; init; }

    /// <summary>Distance from the user, km; 0 when unknown.</summary>
    public double DistanceKm { get; init; }

    /// <summary>When the decision was made; only with an explanation.</summary>
    public DateTimeOffset DecidedAt { get; init; }

    /// <summary>The explanation, if the query asked for it.</summary>
    public PlacementExplanation? Explanation { get; init; }

    /// <summary>The problem's detail; empty when routed.</summary>
    public string Detail { get; init; } = "";
}
