using Opsen.Grains.Interfaces;

namespace Opsen.Grains.Placement;

/// <summary>A place as a point on the unit sphere; all zero when the place is unknown.</summary>
internal readonly record struct PlaceVector
{
    /// <summary>The Earth's mean radius, km.</summary>
    public const double EarthRadiusKm = 6371;

    /// <summary>Places so spread that their sum is shorter than this have no middle.</summary>
    private const double MinLength = 1e-6;

    /// <summary>Towards 0° N 0° E.</summary>
    public readonly double X;

    /// <summary>Towards 0° N 90° E.</summary>
    public readonly double Y;

    /// <summary>Towards the north pole.</summary>
    public readonly double Z;

    /// <summary>The vector of a place.</summary>
    public PlaceVector(GeoPoint place)
    {
        if (!place.IsKnown || !double.IsFinite(place.Latitude) || !double.IsFinite(place.Longitude))
        {
            return;
        }

        var (sinLatitude, cosLatitude) = Math.SinCos(double.DegreesToRadians(place.Latitude));
        var (sinLongitude, cosLongitude) = Math.SinCos(double.DegreesToRadians(place.Longitude));
        X = cosLatitude * cosLongitude;
        Y = cosLatitude * sinLongitude;
        Z = sinLatitude;
    }

    /// <summary>A vector from its components; its length is 1 or 0.</summary>
    public PlaceVector(double x, double y, double z) => (X, Y, Z) = (x, y, z);

    /// <summary>Whether the place is known.</summary>
    public bool IsKnown => X != 0 || Y != 0 || Z != 0;

    /// <summary>The length of the straight line between two places, in radii.</summary>
    public double ChordTo(in PlaceVector other)
    {
        var (dx, dy, dz) = (X - other.X, Y - other.Y, Z - other.Z);
        return Math.Sqrt((dx * dx) + (dy * dy) + (dz * dz));
    }

    /// <summary>Great-circle distance by the Haversine formula, km; 0 when either place is unknown. The formula's
    /// <c>a = sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2)</c> is a quarter of the squared chord, so no trigonometry of the coordinates is left.</summary>
    public double DistanceKmTo(in PlaceVector other) => IsKnown && other.IsKnown ? ArcKm(ChordTo(other)) : 0;

    /// <summary>The place in the middle of several: that of all of them when they are at one place.</summary>
    public static PlaceVector Middle(ReadOnlySpan<Region> regions)
    {
        var first = regions[0].Centre;
        var (x, y, z) = (0d, 0d, 0d);
        var isOnePlace = true;
        foreach (var region in regions)
        {
            var centre = region.Centre;
            (x, y, z) = (x + centre.X, y + centre.Y, z + centre.Z);
            isOnePlace &= centre == first;
        }

        var length = Math.Sqrt((x * x) + (y * y) + (z * z));
        return isOnePlace || length < MinLength ? first : new(x / length, y / length, z / length);
    }

    /// <summary>The great-circle distance that belongs to a chord, km.</summary>
    public static double ArcKm(double chord) => 2 * EarthRadiusKm * Math.Asin(Math.Min(1, chord / 2));
}
