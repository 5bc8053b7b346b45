using System.Collections.Immutable;

namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>A reservation that a gateway was told of and that is not known to be stored. It hands it to an index that begins.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ClientId">The host.</param>
/// <param name="Tier">The tier's name.</param>
/// <param name="GpuIds">Cards that it holds.</param>
/// <param name="Remaining">How long it lives.</param>
/// <param name="CallerKey">The key by which its caller may ask for it again (<see cref="CallerKeys"/>); null without one.</param>
[GenerateSerializer, Immutable, Alias("opsen.HeldReservation")]
public readonly record struct HeldReservation(
    [property: Id(0)] Guid Id,
    [property: Id(1)] string ClientId,
    [property: Id(2)] string Tier,
    [property: Id(3)] ImmutableArray<int> GpuIds,
    [property: Id(4)] TimeSpan Remaining,
    [property: Id(5)] string? CallerKey = null);
