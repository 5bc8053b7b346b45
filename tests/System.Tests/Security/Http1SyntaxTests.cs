using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Opsen.System.Tests.Harness;
using Opsen.System.Tests.Interop;

namespace Opsen.System.Tests.Security;

/// <summary>What RFC 9112 forbids, and servers read differently, is refused before a backend hears of it.</summary>
public sealed class Http1SyntaxTests(Http1SyntaxTests.Servers servers) : IClassFixture<Http1SyntaxTests.Servers>
{
    private const string Chunked = "Transfer-Encoding: chunked\r\n\r\n";

    [Theory]
    [InlineData("Content-Length: +5\r\n\r\nhello")]
    [InlineData("Content-Length: -0\r\n\r\n")]
    [InlineData("Content-Length: 5, 5\r\n\r\nhello")]
    [InlineData("Content-Length: 0x5\r\n\r\nhello")]
    [InlineData("Content-Length: 5 5\r\n\r\nhello")]
    [InlineData("Content-Length: 99999999999999999999\r\n\r\nhello")]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 5\n\r\nhello")]
    [InlineData(Chunked + "5;\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "5;a\u0007\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "5;[a]\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "5\r\nhello\r\n0\r\n\n")]
    [InlineData(Chunked + "5\r\nhello\r\n0\r\nA: b\n\r\n")]
    public async Task Body_WhoseEndIsUnclear_Answers400AndCloses(string rest)
    {
        foreach (var isTls in (bool[])[false, true])
        {
            var answer = await AskAsync(isTls, $"POST /unclear HTTP/1.1\r\nHost: x\r\nX-Tier: tiny\r\n{rest}GET /second HTTP/1.1\r\nHost: x\r\nX-Tier: tiny\r\n\r\n");

            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
            Assert.Equal(1, answer.Split("HTTP/1.1 ").Length - 1);
        }

        Assert.DoesNotContain(servers.Seen, static request => request.Path is "/second" || request is { Path: "/unclear", Body: "hello" });
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhello")]
    [InlineData(Chunked + "5\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "2;a=\"b\\\"\"\r\nhe\r\n3;c\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n")]
    public async Task Bodies_ThatAreOne_FollowEachOther(string rest)
    {
        foreach (var isTls in (bool[])[false, true])
        {
            var path = $"/clear/{Guid.NewGuid():N}";
            var request = $"POST {path} HTTP/1.1\r\nHost: x\r\nX-Tier: tiny\r\n{rest}";

            var answer = await AskAsync(isTls, request + request + $"GET {path} HTTP/1.1\r\nHost: x\r\nX-Tier: tiny\r\nConnection: close\r\n\r\n");

            Assert.Equal(3, answer.Split("HTTP/1.1 200 ").Length - 1);
            Assert.Equal(["hello", "hello", ""], servers.Seen.Where(one => one.Path == path).Select(static one => one.Body));
        }
    }

    [Fact]
    public async Task Expectation_ThatNobodyKnows_Answers417() => Assert.StartsWith(
        "HTTP/1.1 417 ",
        await AskAsync(isTls: false, "GET /expect HTTP/1.1\r\nHost: x\r\nX-Tier: tiny\r\nExpect: a-miracle\r\nConnection: close\r\n\r\n"),
        StringComparison.Ordinal);

    [Fact]
    public async Task FieldsWithUnderscores_ThatBackendsTakeForTheGateways_DoNotArrive()
    {
        var path = $"/fields/{Guid.NewGuid():N}";
        string[] names = ["Content_Length", "Transfer_Encoding", "X_Forwarded_For", "X_Real_IP", "HOST_", "x_lb_client_id"];
        var fields = string.Concat(names.Select(static name => $"{name}: 1\r\n"));

        await AskAsync(isTls: false, $"GET {path} HTTP/1.1\r\nHost: x\r\nX-Tier: tiny\r\n{fields}Connection: close\r\n\r\n");

        Assert.Equal(["HOST_"], Assert.Single(servers.Seen, one => one.Path == path).Fields.Where(static name => name.Contains('_', StringComparison.Ordinal)));
    }

    /// <summary>All that the gateway answers until it closes.</summary>
    private async Task<string> AskAsync(bool isTls, string request)
    {
        var (server, _) = await servers.GetAsync(isTls);
        using var client = new TcpClient(server.Address.Host, server.Address.Port);
        await using var plain = client.GetStream();
        await using var stream = isTls ? new SslStream(plain) : (Stream)plain;
        if (stream is SslStream encrypted)
        {
            await encrypted.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    CertificateChainPolicy = new() { VerificationFlags = global::System.Security.Cryptography.X509Certificates.X509VerificationFlags.AllFlags },
                },
                TestContext.Current.CancellationToken);
        }

        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        return await new StreamReader(stream, Encoding.Latin1).ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A gateway with TLS and one without before a backend that notes what arrives.</summary>
    public sealed class Servers() : TlsAndPlainServers("['/']")
    {
        internal ConcurrentQueue<(string Path, string Body, IReadOnlyList<string> Fields)> Seen { get; } = new();

        private protected override async Task<(IAsyncDisposable Backend, string Url)> StartBackendAsync()
        {
            var backend = await LocalBackend.StartAsync(app => app.Run(async context =>
            {
                var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
                Seen.Enqueue((context.Request.Path, body, [.. context.Request.Headers.Keys]));
                await context.Response.WriteAsync("ok");
            }));
            return (backend, backend.Url);
        }
    }
}
