using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Placement;

/// <summary>A chosen host and the reservation on it.</summary>
/// <param name="Host">The host.</param>
/// <param name="ReservationId">The reservation; empty when nothing was reserved.</param>
/// <param name="GpuIds">Device ids of the cards that the reservation holds.</param>
/// <param name="DistanceKm">Distance from the user; 0 when unknown.</param>
/// <param name="Score">The score by which the host won.</param>
/// <param name="IsExisting">Whether the session had this reservation before.</param>
internal readonly record struct Placement(
    HostSnapshot Host, Guid ReservationId, ImmutableArray<int> GpuIds, double DistanceKm, double Score, bool IsExisting);
