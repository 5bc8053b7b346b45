namespace Opsen.Agent.Geo;

/// <summary>Where an address is.</summary>
/// <param name="Latitude">Degrees north.</param>
/// <param name="Longitude">Degrees east.</param>
/// <param name="Country">ISO 3166 code, or empty.</param>
/// <param name="City">English name, or empty.</param>
internal sealed record Place(double Latitude, double Longitude, string Country, string City);
