using System.Net;
using System.Net.Sockets;
using Opsen.Hosting.Admin;

namespace Opsen.Hosting.Startup;

/// <summary>Checks before the start that the configured ports are free: failing in the middle of a start leaves much to
/// undo.</summary>
public static class PortCheck
{
    /// <summary>Throws when a port is taken, or the address is not one of this machine. Port 0 is any free one.</summary>
    /// <param name="key">The key that names the port.</param>
    /// <param name="host">The address, as its key names it.</param>
    /// <param name="port">The port.</param>
    /// <exception cref="PortException">It cannot be had; the message says which and what to do.</exception>
    public static void Require(string key, string host, int port)
    {
        if (port == 0)
        {
            return;
        }

        var address = ListenAddress.Parse(host);
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
        }
        catch (SocketException error)
        {
            var advice = error.SocketErrorCode == SocketError.AddressAlreadyInUse ? "Stop the other program that has it, or choose another port" : "Choose another address or port";
            throw new PortException($"Port {port} of {host} ({key}) cannot be had: {error.Message}. {advice}.", error);
        }
    }
}

/// <summary>A port cannot be had. The message is for the operator.</summary>
public sealed class PortException(string message, Exception inner) : Exception(message, inner);
