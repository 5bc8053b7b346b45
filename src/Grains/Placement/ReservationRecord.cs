using System.Collections.Immutable;

namespace Opsen.Grains.Placement;

/// <summary>A reservation as it is stored and handed over between activations.</summary>
/// <param name="Id">Identity.</param>
/// <param name="ClientId">The host it is on.</param>
/// <param name="Tier">Name of its tier.</param>
/// <param name="StickyId">The session, or null.</param>
/// <param name="GpuIds">Device ids of the cards it holds.</param>
/// <param name="Remaining">How long it lives from the moment of the export.</param>
/// <param name="Need">What it holds; null when that was not stored: then what its tier needs now.</param>
internal readonly record struct ReservationRecord(
    Guid Id, string ClientId, string Tier, string? StickyId, ImmutableArray<int> GpuIds, TimeSpan Remaining, TierNeed? Need = null);
