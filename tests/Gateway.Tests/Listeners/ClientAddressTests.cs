using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Gateway.Tests.Proxy;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Listeners;

/// <summary><c>proxy_protocol</c> and <c>max_connections_per_address</c> on real sockets.</summary>
public sealed class ClientAddressTests
{
    private const string Ask = "GET /app/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    private static readonly Action<ServerOptions> FromLoopback = static options => (options.ProxyProtocol, options.TrustedProxies) = (true, ["127.0.0.1"]);

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.7 192.0.2.2 4711 443\r\n", "http 203.0.113.7")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\xc0\0\x02\x02\x12\x67\x01\xbb", "http 203.0.113.7")]
    [InlineData("PROXY UNKNOWN\r\n", "http 127.0.0.1")]
    public async Task ProxyHeader_OfATrustedProxy_TellsTheClient(string header, string seen)
    {
        await using var host = await EdgeHost.StartAsync(FromLoopback);

        Assert.EndsWith($"\r\n{seen}\r\n0\r\n\r\n", await Http.SendRawAsync(host.Address, header + Ask), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProxyHeader_InPieces_IsRead()
    {
        await using var host = await EdgeHost.StartAsync(FromLoopback);
        using var connection = await RawConnection.ConnectAsync(host.Address.Port);

        foreach (var one in "PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n")
        {
            await connection.SendAsync(one.ToString());
        }

        await connection.SendAsync(Ask);

        Assert.Contains("http 2001:db8::7", await connection.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 nobody 192.0.2.2 4711 443\r\n")]
    public async Task ProxyHeader_MissingOrBroken_ClosesTheConnection(string header)
    {
        await using var host = await EdgeHost.StartAsync(FromLoopback);
        await AssertClosedAsync(host, header + Ask);
    }

    [Fact]
    public async Task ProxyHeader_OfAnybodyElse_ClosesTheConnection()
    {
        await using var host = await EdgeHost.StartAsync(static options => (options.ProxyProtocol, options.TrustedProxies) = (true, ["192.0.2.0/24"]));
        await AssertClosedAsync(host, "PROXY TCP4 203.0.113.7 192.0.2.2 4711 443\r\n" + Ask);
    }

    [Fact]
    public async Task ProxyHeader_ThatDoesNotCome_EndsAtTheHeaderTimeout()
    {
        await using var host = await EdgeHost.StartAsync(options =>
        {
            FromLoopback(options);
            options.ReadHeaderTimeoutSeconds = 1;
        });
        await AssertClosedAsync(host, "PROXY TCP4");
    }

    [Fact]
    public async Task Connections_BeyondTheLimitOfAnAddress_AreClosedUntilOneEnds()
    {
        await using var host = await EdgeHost.StartAsync(static options => options.MaxConnectionsPerAddress = 3);
        var open = new List<RawConnection>();
        for (var i = 0; i < 3; i++)
        {
            open.Add(await RawConnection.ConnectAsync(host.Address.Port));
            await open[^1].SendAsync("GET /app/x HTTP/1.1\r\nHost: x\r\n\r\n");
            await open[^1].ReadUntilAsync("0\r\n\r\n");
        }

        await AssertClosedAsync(host, Ask);

        open[0].Dispose();
        await Eventually.BecomesTrueAsync(async () =>
        {
            try
            {
                return (await Http.SendRawAsync(host.Address, Ask)).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal);
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                return false;
            }
        });
        open.ForEach(static connection => connection.Dispose());
    }

    [Fact]
    public async Task Connections_OfDifferentClientsBehindOneProxy_AreCountedApart()
    {
        await using var host = await EdgeHost.StartAsync(options =>
        {
            FromLoopback(options);
            options.MaxConnectionsPerAddress = 1;
        });
        using var first = await RawConnection.ConnectAsync(host.Address.Port);
        await first.SendAsync("PROXY TCP4 203.0.113.1 192.0.2.2 1 443\r\nGET /app/x HTTP/1.1\r\nHost: x\r\n\r\n");
        await first.ReadUntilAsync("0\r\n\r\n");

        Assert.StartsWith(
            "HTTP/1.1 200 ", await Http.SendRawAsync(host.Address, "PROXY TCP4 203.0.113.2 192.0.2.2 1 443\r\n" + Ask), StringComparison.Ordinal);
        await AssertClosedAsync(host, "PROXY TCP4 203.0.113.1 192.0.2.2 2 443\r\n" + Ask);
    }

    [Fact]
    public async Task Connections_ManyAtOnce_NeverPassTheLimitAndLeaveNoneCounted()
    {
        const int limit = 20;
        var (inside, most) = (0, 0);
        await using var host = await EdgeHost.StartAsync(static options => options.MaxConnectionsPerAddress = limit, async context =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        });

        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
            {
                try
                {
                    await Http.SendRawAsync(host.Address, Ask);
                }
                catch (Exception error) when (error is IOException or SocketException)
                {
                    // Beyond the limit.
                }
            }));
        }

        Assert.InRange(most, 1, limit);
        await Eventually.BecomesTrueAsync(async () =>
        {
            var connections = new List<RawConnection>();
            try
            {
                for (var i = 0; i < limit; i++)
                {
                    connections.Add(await RawConnection.ConnectAsync(host.Address.Port));
                    await connections[^1].SendAsync("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
                    if (!(await connections[^1].ReadUntilAsync("\r\n\r\n")).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal))
                    {
                        return false;
                    }
                }

                return true;
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                return false;
            }
            finally
            {
                connections.ForEach(static connection => connection.Dispose());
            }
        });
    }

    /// <summary>TCP_USER_TIMEOUT of accepted connections, which the system takes from the listener's socket.</summary>
    [Theory]
    [InlineData(7, 3, 7_000)]
    [InlineData(7, 30, 30_000)]
    public async Task Connections_ThatTakeNothing_AreEndedByTheSystem(int idle, int request, int milliseconds)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The option is Linux's.");
        var value = new byte[sizeof(int)];
        await using var host = await EdgeHost.StartAsync(
            options => (options.IdleTimeoutSeconds, options.RequestTimeoutSeconds) = (idle, request),
            context =>
            {
                context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.GetRawSocketOption(6, 18, value);
                return Task.CompletedTask;
            });

        await host.Client.GetAsync("/app/x");

        Assert.Equal(milliseconds, BitConverter.ToInt32(value));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    private static async Task AssertClosedAsync(EdgeHost host, string sent)
    {
        try
        {
            using var connection = await RawConnection.ConnectAsync(host.Address.Port);
            await connection.SendAsync(sent);
            Assert.Equal("", await connection.ReadUntilAsync("HTTP"));
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // Reset, which is as good.
        }
    }
}
