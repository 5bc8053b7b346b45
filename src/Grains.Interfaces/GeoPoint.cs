namespace Opsen.Grains.Interfaces;

/// <summary>A place on Earth. Both coordinates exactly 0 mean "unknown", as in the reference's wire format.</summary>
/// <param name="Latitude">Degrees north, -90 to 90.</param>
/// <param name="Longitude">Degrees east, -180 to 180.</param>
[GenerateSerializer, Immutable, Alias("opsen.GeoPoint")]
public readonly record struct GeoPoint([property: Id(0)] double Latitude, [property: Id(1)] double Longitude)
{
    /// <summary>Mean radius of the Earth, km.</summary>
    public const double EarthRadiusKm = 6371;

    /// <summary>Whether the place is known.</summary>
    public bool IsKnown => Latitude != 0 || Longitude != 0;

    /// <summary>Great-circle distance in km by the haversine formula on a sphere of radius <see cref="EarthRadiusKm"/>; 0 when either place is
    /// unknown.</summary>
    public static double DistanceKm(GeoPoint from, GeoPoint to)
    {
        if (!from.IsKnown || !to.IsKnown)
        {
            return 0;
        }

        var sinLatitude = Math.Sin(double.DegreesToRadians(to.Latitude - from.Latitude) / 2);
        var sinLongitude = Math.Sin(double.DegreesToRadians(to.Longitude - from.Longitude) / 2);
        var h = (sinLatitude * sinLatitude)
            + (Math.Cos(double.DegreesToRadians(from.Latitude)) * Math.Cos(double.DegreesToRadians(to.Latitude)) * sinLongitude * sinLongitude);
        return 2 * EarthRadiusKm * Math.Asin(Math.Sqrt(Math.Min(1, h)));
    }
}
