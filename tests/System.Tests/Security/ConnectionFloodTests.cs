using System.Net;
using System.Net.Sockets;
using System.Text;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Security;

/// <summary>More connections than the system lets the gateway have.</summary>
public class ConnectionFloodTests
{
    private const int OpenFiles = 1024;

    [Fact]
    public async Task Flood_BeyondTheLimitOfOpenFiles_IsRefusedAndTheGatewayServesOn()
    {
        await using var backend = await EchoServer.StartAsync("echo");
        await using var server = await Deployment.StartAsync(Shape.Embedded, openFiles: OpenFiles);
        await new TestHost { Url = backend.Url.ToString() }.JoinAsync(server);
        (await server.GetAsync("/app/x", ("X-Tier", "tiny"))).Expect(HttpStatusCode.OK);

        var (flood, refused) = (new List<Socket>(), 0);
        for (var i = 0; i < 2 * OpenFiles; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            flood.Add(socket);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, TestContext.Current.CancellationToken);
                await socket.SendAsync(Encoding.ASCII.GetBytes("GET /app/x HTTP/1.1\r\n"), TestContext.Current.CancellationToken);
            }
            catch (SocketException)
            {
                // Closed already.
                refused++;
            }
        }

        await Eventually.HoldsAsync(
            "what is beyond the limit is closed", () => Task.FromResult(refused + flood.Count(IsClosed) > (3 * OpenFiles / 2)));

        // The connection that was there serves on, also to a backend, and the admin listener does.
        (await server.GetAsync("/app/x", ("X-Tier", "tiny"))).Expect(HttpStatusCode.OK);
        Assert.Equal("live\n", await server.Http.GetStringAsync(new Uri(server.Admin, "/livez"), TestContext.Current.CancellationToken));

        flood.ForEach(static socket => socket.Dispose());
        using var another = new HttpClient { BaseAddress = server.Address };
        await Wait.UntilAsync(
            "a new connection is served",
            async token => (await another.GetAsync("/health", token)).IsSuccessStatusCode,
            Patience.Change,
            TestContext.Current.CancellationToken);
        Assert.False(server.HasLogged("Out of memory"));
    }

    private static bool IsClosed(Socket socket) => socket.Connected && socket.Poll(0, SelectMode.SelectRead);
}
