using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Nothing of one user's request ever travels with another user's.</summary>
public sealed class LeakTests
{
    private const string Secret = "secret-of-the-victim";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const int Rounds = 150;

    [Fact]
    public async Task HandleAsync_Http2TargetOfLatin1Bytes_Answers400AndForwardsNothing()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok, protocols: HttpProtocols.Http2);
        var client = await ConnectAsync(exchange.ProxyPort);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, await client.AskAsync(
                [.. RawHttp2.Get("/victim"), ("cookie", Secret), ("authorization", $"Bearer {Secret}")], TestContext.Current.CancellationToken));
        }

        var status = await client.AskAsync(RawHttp2.Get("/" + new string('\u00E9', 600)), TestContext.Current.CancellationToken);

        Assert.Equal(400, status);
        Assert.Equal(3, exchange.Received.Count);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task HandleAsync_FuzzedTargetsAndHeaders_NeverCarryAnotherUsersSecret(HttpProtocols protocol)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("OPSEN_LEAK_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        var random = new Random(seed);
        await using var exchange = await RawExchange.StartAsync(static _ => Ok, protocols: protocol);
        var isHttp2 = protocol == HttpProtocols.Http2;
        var client = isHttp2 ? await ConnectAsync(exchange.ProxyPort) : null;
        for (var i = 0; i < Rounds; i++)
        {
            var (path, value) = (Fuzz(random, "/attack"), Fuzz(random, "v"));
            if (client is not null)
            {
                await client.AskAsync([.. RawHttp2.Get("/victim"), ("cookie", Secret)], TestContext.Current.CancellationToken);
                if (await client.AskAsync([.. RawHttp2.Get(path), ("x-attack", value)], TestContext.Current.CancellationToken) == 0)
                {
                    client = await ConnectAsync(exchange.ProxyPort);
                }
            }
            else
            {
                await exchange.AskAsync($"GET /victim HTTP/1.1\r\nHost: x\r\nCookie: {Secret}\r\n\r\n");
                await AskOnceAsync(exchange.ProxyPort, $"GET {path} HTTP/1.1\r\nHost: x\r\nX-Attack: {value}\r\nConnection: close\r\n\r\n");
            }
        }

        AssertApart(exchange.Received, seed);
    }

    [Fact]
    public async Task HandleAsync_Http2BehindTheGateway_FuzzedTargetsNeverCarryAnotherUsersSecret()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var seen = new ConcurrentQueue<(string Target, string Headers)>();
        await using var backend = await TestServer.StartAsync(
            (HttpContext context) =>
            {
                seen.Enqueue((context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, string.Join('\n', context.Request.Headers)));
                context.Response.ContentType = "application/grpc";
                return Task.CompletedTask;
            },
            HttpProtocols.Http2);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), protocols: HttpProtocols.Http2);
        var client = await ConnectAsync(proxy.Port);
        for (var i = 0; i < Rounds; i++)
        {
            await client.AskAsync([.. RawHttp2.Get("/victim"), ("cookie", Secret), ("content-type", "application/grpc")], TestContext.Current.CancellationToken);
            var attack = RawHttp2.Get(Fuzz(random, "/attack"));
            if (await client.AskAsync([.. attack, ("x-attack", Fuzz(random, "v")), ("content-type", "application/grpc")], TestContext.Current.CancellationToken) == 0)
            {
                client = await ConnectAsync(proxy.Port);
            }
        }

        Assert.Equal(Rounds, seen.Count(static request => request.Target == "/victim"));
        Assert.All(seen, request => Assert.True(
            request.Target == "/victim" || !(request.Target + request.Headers).Contains(Secret, StringComparison.Ordinal), $"seed {seed}: {request}"));
    }

    /// <summary>Every request that arrived is one that was sent: the victim's with the secret, or an attacker's without it.</summary>
    private static void AssertApart(IEnumerable<RawMessage> received, int seed)
    {
        var victims = 0;
        foreach (var request in received)
        {
            var isVictim = request.StartLine == "GET /victim HTTP/1.1";
            victims += isVictim ? 1 : 0;
            Assert.True(isVictim || request.StartLine.StartsWith("GET /attack", StringComparison.Ordinal), $"OPSEN_LEAK_SEED={seed}: {request.StartLine}");
            Assert.True(
                isVictim || !request.Headers.Any(static header => header.Value.Contains(Secret, StringComparison.Ordinal)), $"OPSEN_LEAK_SEED={seed}: {request.StartLine}");
        }

        Assert.Equal(Rounds, victims);
    }

    /// <summary>Text of any bytes but those that end a line, which HTTP/1.1 would take for what they are.</summary>
    private static string Fuzz(Random random, string start)
    {
        var length = random.Next(3) switch { 0 => random.Next(8), 1 => random.Next(100), _ => random.Next(2_000) };
        return start + string.Create(length, random, static (text, random) =>
        {
            var share = random.Next(1, 5);
            for (var i = 0; i < text.Length; i++)
            {
                var any = (char)random.Next(0x01, 0x100);
                text[i] = random.Next(share) > 0 || any is '\n' or ' ' ? (char)random.Next('a', 'z') : any;
            }
        });
    }

    private static async Task<RawHttp2> ConnectAsync(int port)
    {
        var connection = await RawConnection.ConnectAsync(port);
        var client = new RawHttp2(connection.Stream);
        await client.BeginAsync(TestContext.Current.CancellationToken);
        return client;
    }

    private static async Task AskOnceAsync(int port, string request)
    {
        using var connection = await RawConnection.ConnectAsync(port);
        await connection.SendAsync(request);
        await new StreamReader(connection.Stream).ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
