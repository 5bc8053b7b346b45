using System.Net;
using System.Net.Sockets;

namespace Opsen.Examples.Quickstart.Processes;

/// <summary>Finds ports that nothing listens on.</summary>
internal static class FreePorts
{
    // Neither ports that systems give to outgoing connections (from 32768 on Linux, from 49152 on Windows) nor those that an embedded silo chooses from (to
    // 19999): both would be taken now and then between the look at a port and its use.
    private const int First = 20_000;
    private const int Last = 32_767;
    private static int _next = Random.Shared.Next(First, Last + 1);

    /// <summary>Free loopback ports that differ from each other and from all that this process took before, until it has taken some twelve thousand.</summary>
    public static int[] Take(int count)
    {
        var ports = new int[count];
        for (var i = 0; i < count; i++)
        {
            do
            {
                ports[i] = First + (int)((uint)Interlocked.Increment(ref _next) % (Last - First + 1));
            }
            while (!IsFree(ports[i]));
        }

        return ports;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
