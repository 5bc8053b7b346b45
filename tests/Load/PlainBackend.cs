using System.Net.Sockets;

namespace Opsen.Load;

/// <summary>Answers every request with an empty body, in a process of its own.</summary>
internal static class PlainBackend
{
    /// <summary>The argument that makes this program one.</summary>
    public const string Command = "plain-backend";

    /// <summary>Prints its port and serves until the process ends.</summary>
    public static Task RunAsync() => SocketBackend.AcceptAsync(ServeAsync);

    private static async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                while (true)
                {
                    await SocketBackend.ReadHeadAsync(socket);
                    await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                }
            }
            catch (Exception gone) when (gone is SocketException or IOException)
            {
                // The gateway has closed its connection.
            }
        }
    }
}
