using System.Net;

namespace Opsen.Hosting.Admin;

/// <summary>Reads the <c>host</c> keys.</summary>
public static class ListenAddress
{
    /// <summary>An IP address, "localhost", or "*" for every address.</summary>
    public static IPAddress Parse(string host) => host switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.IPv6Any,
        _ => IPAddress.Parse(host),
    };
}
