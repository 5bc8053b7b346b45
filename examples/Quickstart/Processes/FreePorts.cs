using System.Net;
using System.Net.Sockets;

namespace Opsen.Examples.Quickstart.Processes;

/// <summary>Finds ports that nothing listens on.</summary>
internal static class FreePorts
{
    /// <summary>Distinct free loopback ports.</summary>
    public static int[] Take(int count)
    {
        // All are held at once, so that they differ.
        var listeners = new TcpListener[count];
        for (var i = 0; i < count; i++)
        {
            listeners[i] = new TcpListener(IPAddress.Loopback, 0);
            listeners[i].Start();
        }

        var ports = Array.ConvertAll(listeners, static listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        Array.ForEach(listeners, static listener => listener.Dispose());
        return ports;
    }
}
