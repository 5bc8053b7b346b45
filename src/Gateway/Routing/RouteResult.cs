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

    /// <summary>Whether whoever forwards the request gives the reservation back when the response has ended.</summary>
    public bool EndsWithRequest { get; init; }

    /// <summary>Distance from the user, km; 0 when unknown.</summary>
    public double DistanceKm { get; init; }

    /// <summary>When the decision was made; only with an explanation.</summary>
    public DateTimeOffset DecidedAt { get; init; }

    /// <summary>What the decision was made of, if the query asked for that.</summary>
    public PlacementExplanation? Explanation { get; init; }

    /// <summary>What to tell the caller; empty when routed.</summary>
    public string Detail { get; init; } = "";
}
