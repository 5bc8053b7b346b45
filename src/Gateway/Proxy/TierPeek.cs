using Opsen.Grains.Interfaces;

namespace Opsen.Gateway.Proxy;

/// <summary>What looking into a body found.</summary>
/// <param name="Tier">The tier that the body names, or null.</param>
/// <param name="Place">The place that the body names, if any.</param>
/// <param name="Taken">Bytes that had to be taken out of the request's pipe and come before what is left in it; mostly empty.</param>
internal readonly record struct TierPeek(string? Tier, GeoPoint Place, ReadOnlyMemory<byte> Taken);
