using MaxMind.Db;

namespace Opsen.Gateway.Geo;

/// <summary>The few fields of a City database that are read; the reader skips the rest, which makes a lookup several times cheaper
/// than building MaxMind's whole response.</summary>
internal sealed class CityRecord
{
    [MapKey("city")]
    public NamedPlace? City { get; init; }

    [MapKey("country")]
    public CountryCode? Country { get; init; }

    [MapKey("location")]
    public Coordinates? Location { get; init; }

    /// <summary>A place with its names.</summary>
    internal sealed class NamedPlace
    {
        [MapKey("names")]
        public EnglishName? Names { get; init; }
    }

    /// <summary>The one name of a place that is read.</summary>
    internal sealed class EnglishName
    {
        /// <summary>In English.</summary>
        [MapKey("en")]
        public string? Text { get; init; }
    }

    internal sealed class CountryCode
    {
        /// <summary>ISO 3166 code.</summary>
        [MapKey("iso_code")]
        public string? IsoCode { get; init; }
    }

    /// <summary>Coordinates in degrees.</summary>
    internal sealed class Coordinates
    {
        /// <summary>Degrees north.</summary>
        [MapKey("latitude")]
        public double? Latitude { get; init; }

        /// <summary>Degrees east.</summary>
        [MapKey("longitude")]
        public double? Longitude { get; init; }
    }
}
