using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opsen.Gateway.Listeners;
using Opsen.Gateway.Listeners.PlainHttp2;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Gateway.Tests.Proxy;

namespace Opsen.Gateway.Tests.Listeners;

public sealed class PlainHttp2Tests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task ListenPlain_EitherProtocol_IsServedWithTheClientsAddress(string version)
    {
        await using var app = await StartAsync(static context =>
            context.Response.WriteAsync($"{context.Request.Protocol} {context.Request.Scheme} {context.Connection.RemoteIpAddress} {context.Connection.LocalPort}"));
        using var client = new HttpClient();

        // The second request finds the connection of the first one.
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Address(app))
            {
                Version = Version.Parse(version),
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var answer = await client.SendAsync(request);

            var protocol = version == "2.0" ? "HTTP/2" : "HTTP/1.1";
            Assert.Equal($"{protocol} http 127.0.0.1 {Address(app).Port}", await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task ListenPlain_PrefaceByteByByte_IsHttp2()
    {
        await using var app = await StartAsync(static context => context.Response.WriteAsync(context.Request.Protocol));
        using var connection = await RawConnection.ConnectAsync(Address(app).Port);

        foreach (var character in "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        {
            await connection.SendAsync(character.ToString());
        }

        await connection.SendAsync("\0\0\0\u0004\0\0\0\0\0");

        // The server begins with a SETTINGS frame.
        var head = new byte[9];
        await connection.Stream.ReadExactlyAsync(head).AsTask().WaitAsync(Patience);
        Assert.Equal(4, head[3]);
    }

    [Theory]
    [InlineData("P", "OST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("PR", "OPFIND / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("PRI", " / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("PRI *", " HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task ListenPlain_BeginsLikeThePreface_IsHttp1(string first, string rest)
    {
        await using var app = await StartAsync(static context => context.Response.WriteAsync(context.Request.Protocol));
        using var connection = await RawConnection.ConnectAsync(Address(app).Port);

        await connection.SendAsync(first);
        await connection.SendAsync(rest);

        Assert.StartsWith("HTTP/1.1 ", await connection.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PRI * HTTP/2.0\r\n")]
    public async Task ListenPlain_ClientFallsSilent_ConnectionEndsWithTheTimeoutOfThat(string sent)
    {
        await using var app = await StartAsync(
            static _ => Task.CompletedTask, keepAlive: sent.Length == 0 ? Short : null, head: sent.Length == 0 ? null : Short);
        using var connection = await RawConnection.ConnectAsync(Address(app).Port);

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await connection.SendAsync(sent);
            await connection.Stream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Patience);
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0")]
    public async Task StopAsync_IdleConnections_DoNotDelayIt(string sent)
    {
        await using var app = await StartAsync(static _ => Task.CompletedTask);
        using var connection = await RawConnection.ConnectAsync(Address(app).Port);
        await connection.SendAsync(sent);
        if (sent.Length > 0)
        {
            await connection.Stream.ReadExactlyAsync(new byte[9]).AsTask().WaitAsync(Patience);
        }

        await app.StopAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task ListenPlain_ClientsResetTheirConnections_NothingIsLogged()
    {
        using var log = new LogRecorder();
        await using (var app = await StartAsync(static _ => Task.CompletedTask, log))
        {
            for (var i = 0; i < 5; i++)
            {
                using var connection = await RawConnection.ConnectAsync(Address(app).Port);
                await connection.SendAsync(i % 2 == 0 ? "" : "PRI");
                connection.Reset();
            }

            using var client = new HttpClient();
            await client.GetStringAsync(Address(app));
        }

        Assert.DoesNotContain(log.Entries, static entry => entry.Level >= LogLevel.Warning);
    }

    [Theory]
    [InlineData("", (int)PrefaceMatch.Unfinished)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r", (int)PrefaceMatch.Unfinished)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (int)PrefaceMatch.Yes)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore", (int)PrefaceMatch.Yes)]
    [InlineData("PRI * HTTP/2.1", (int)PrefaceMatch.No)]
    [InlineData("GET", (int)PrefaceMatch.No)]
    public void Match_FirstBytes_TellTheProtocol(string arrived, int expected)
    {
        var bytes = Encoding.ASCII.GetBytes(arrived);

        Assert.Equal((PrefaceMatch)expected, Http2Preface.Match(Segments.Of(bytes, segmentSize: 5)));
    }

    private static Uri Address(WebApplication app) => new(app.Urls.Single(static address => !PlainHttp2Extensions.IsHandover(address)));

    private static async Task<WebApplication> StartAsync(RequestDelegate handler, LogRecorder? log = null, TimeSpan? keepAlive = null, TimeSpan? head = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        builder.Services.AddSingleton(TimeProvider.System).AddPlainHttp2();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.KeepAliveTimeout = keepAlive ?? kestrel.Limits.KeepAliveTimeout;
            kestrel.Limits.RequestHeadersTimeout = head ?? kestrel.Limits.RequestHeadersTimeout;
            kestrel.ListenPlain(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        app.Run(handler);
        await app.StartAsync();
        return app;
    }
}
