namespace Opsen.Grains.Interfaces;

/// <summary>A place on Earth. Both coordinates exactly 0 mean "unknown", as in the reference's wire format.</summary>
/// <param name="Latitude">Degrees north, -90 to 90.</param>
/// <param name="Longitude">Degrees east, -180 to 180.</param>
[GenerateSerializer, Immutable, Alias("opsen.GeoPoint")]
public readonly record struct GeoPoint([property: Id(0)] double Latitude, [property: Id(1)] double Longitude)
{
    /// <summary>Whether the place is known.</summary>
    public bool IsKnown => Latitude != 0 || Longitude != 0;
}
