using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Routing;

/// <summary>The cluster's decision for one request, with what the gateway adds: the host's state, or what to tell the caller.</summary>
/// <param name="Decision">The decision.</param>
internal readonly record struct RouteResult(PlacementDecision Decision)
{
    /// <summary>The host; null unless routed.</summary>
    public HostSnapshot? Host { get; init; }

    /// <summary>Whether it is in another pool than the gateway's first one, which had no room when it was placed.</summary>
    public bool HasSpilled { get; init; }

    /// <summary>Whether the forwarder releases the reservation when the response has ended.</summary>
    public bool EndsWithRequest { get; init; }

    /// <summary>When the decision was made; only with an explanation.</summary>
    public DateTimeOffset DecidedAt { get; init; }

    /// <summary>The problem's detail; empty when routed.</summary>
    public string Detail { get => field ?? ""; init; }

    /// <summary>How the request waited for room; null when it did not.</summary>
    public QueuePlace? Queue { get; init; }

    /// <summary>How it ended.</summary>
    public RouteOutcome Outcome => Decision.Outcome;

    /// <summary>The reservation; empty when none was made.</summary>
    public Guid ReservationId => Decision.ReservationId;

    /// <summary>Cards that the reservation holds.</summary>
    public ImmutableArray<int> GpuIds => Decision.GpuIds;

    /// <summary>Makes a result without a host.</summary>
    public static RouteResult Refused(RouteOutcome outcome, string detail) => new(new PlacementDecision { Outcome = outcome }) { Detail = detail };
}
