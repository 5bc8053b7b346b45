using Opsen.Gateway.Geo;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Hosting;

/// <summary>The gateway's lookups in MaxMind's test database.</summary>
internal static class TestGeo
{
    public static GeoLocator Open() => new(new ServerOptions { GeoipDbPath = GeoDatabases.PathOf(GeoDatabases.City) });
}
