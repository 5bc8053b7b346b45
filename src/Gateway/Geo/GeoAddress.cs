using Opsen.Grains.Interfaces;

namespace Opsen.Gateway.Geo;

/// <summary>What the database knows of an address.</summary>
/// <param name="Place">Where it is; unknown when the database does not say.</param>
/// <param name="Country">ISO 3166 code, or empty.</param>
/// <param name="City">English name, or empty.</param>
internal readonly record struct GeoAddress(GeoPoint Place, string Country, string City)
{
    /// <summary>Nothing is known.</summary>
    public static GeoAddress Unknown { get; } = new(default, "", "");
}
