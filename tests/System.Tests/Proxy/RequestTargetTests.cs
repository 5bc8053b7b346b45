using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Opsen.System.Tests.Harness;
using Opsen.System.Tests.Interop;

namespace Opsen.System.Tests.Proxy;

/// <summary>What a client may write as the target of a request, over every protocol that the gateway speaks.</summary>
public sealed class RequestTargetTests(RequestTargetTests.Servers servers) : IClassFixture<RequestTargetTests.Servers>
{
    private const string Secret = "secret-of-the-victim";

    private static readonly (string Name, string Value) Tier = ("x-tier", "tiny");

    public static TheoryData<string> BadTargets { get; } =
    [
        "/" + new string('\u00E9', 600), "/caf\u00C3\u00A9", "/a b", "/a\tb", "/a\u0001b", "/a\u007Fb", "/a?b=\u0080", "/a\rb", "/a#b", "/clients \u00E9",
    ];

    [Theory]
    [MemberData(nameof(BadTargets))]
    public async Task Http2_TargetThatIsNone_Answers400AndNothingArrives(string target)
    {
        foreach (var isTls in (bool[])[false, true])
        {
            var (server, _) = await servers.GetAsync(isTls);
            using var connection = await ConnectAsync(server, isTls);
            var client = new RawHttp2(connection);
            await client.BeginAsync(TestContext.Current.CancellationToken);
            var victim = $"/victim/{Guid.NewGuid():N}";
            Assert.Equal(200, await client.AskAsync([.. RawHttp2.Get(victim, Scheme(isTls)), Tier, ("cookie", Secret)], TestContext.Current.CancellationToken));

            // A server may also refuse what is no target by ending the stream.
            var status = await client.AskAsync([.. RawHttp2.Get(target, Scheme(isTls)), Tier], TestContext.Current.CancellationToken);

            Assert.True(status is 400 or 0, $"status {status}");
            AssertUntouched(victim);
        }
    }

    [Theory]
    [MemberData(nameof(BadTargets))]
    public async Task Http1_TargetThatIsNone_Answers400AndNothingArrives(string target)
    {
        var (server, _) = await servers.GetAsync(isTls: false);
        using var connection = await ConnectAsync(server, isTls: false);
        await connection.WriteAsync(Encoding.Latin1.GetBytes($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), TestContext.Current.CancellationToken);

        var answer = await new StreamReader(connection).ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        AssertUntouched(victim: null);
    }

    [Fact]
    public async Task Http1AndHttp2_EveryVisibleAsciiCharacter_ArrivesAsItIs()
    {
        var target = "/all/" + string.Concat(Enumerable.Range('!', '~' - '!' + 1).Select(static code => (char)code).Where(static c =>
            c is not ('%' or '?' or '#'))) + "?" + "%41%2f?/";
        foreach (var isTls in (bool[])[false, true])
        {
            var (server, _) = await servers.GetAsync(isTls);
            using var connection = await ConnectAsync(server, isTls);
            var client = new RawHttp2(connection);
            await client.BeginAsync(TestContext.Current.CancellationToken);

            Assert.Equal(200, await client.AskAsync([.. RawHttp2.Get(target, Scheme(isTls)), Tier], TestContext.Current.CancellationToken));
        }

        Assert.Equal(2, servers.Seen.Count(request => request.Target == target));
    }

    [Theory]
    [InlineData("/..%2fetc/passwd")]
    [InlineData("/%2e%2e%2f%2e%2e/x")]
    [InlineData("/x/..%5c..%5cy")]
    public async Task Http1_PathThatClimbsOut_Answers400AndNothingArrives(string target)
    {
        var (server, _) = await servers.GetAsync(isTls: false);
        using var connection = await ConnectAsync(server, isTls: false);
        await connection.WriteAsync(Encoding.Latin1.GetBytes($"GET {target} HTTP/1.1\r\nHost: x\r\nX-Tier: tiny\r\nConnection: close\r\n\r\n"), TestContext.Current.CancellationToken);

        var answer = await new StreamReader(connection).ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        AssertUntouched(victim: null);
    }

    private static string Scheme(bool isTls) => isTls ? "https" : "http";

    private void AssertUntouched(string? victim)
    {
        if (victim is not null)
        {
            Assert.Single(servers.Seen, request => request.Target == victim);
        }

        Assert.All(servers.Seen, static request => Assert.True(
            request.Target.StartsWith("/victim/", StringComparison.Ordinal) || request.Target.StartsWith("/all/", StringComparison.Ordinal), request.Target));
    }

    private static async Task<Stream> ConnectAsync(Deployment server, bool isTls)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
        var plain = new NetworkStream(socket, ownsSocket: true);
        if (!isTls)
        {
            return plain;
        }

        var encrypted = new SslStream(plain);
        await encrypted.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                CertificateChainPolicy = new() { VerificationFlags = global::System.Security.Cryptography.X509Certificates.X509VerificationFlags.AllFlags },
            },
            TestContext.Current.CancellationToken);
        return encrypted;
    }

    /// <summary>A gateway with TLS and one without before a backend that notes what arrives.</summary>
    public sealed class Servers() : TlsAndPlainServers("['/']")
    {
        internal ConcurrentQueue<(string Target, string Headers)> Seen { get; } = new();

        private protected override async Task<(IAsyncDisposable Backend, string Url)> StartBackendAsync()
        {
            var backend = await LocalBackend.StartAsync(app => app.Run(context =>
            {
                Seen.Enqueue((context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, string.Join('\n', context.Request.Headers)));
                return context.Response.WriteAsync("ok");
            }));
            return (backend, backend.Url);
        }
    }
}
