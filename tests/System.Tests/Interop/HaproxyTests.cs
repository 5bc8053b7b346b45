using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Interop;

/// <summary>HAProxy before the gateway: it passes connections on, with TLS in them, and says in the PROXY protocol whose they are.</summary>
public sealed class HaproxyTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestCertificate _certificate = new();
    private ChildProcess? _haproxy;

    /// <inheritdoc />
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await (_haproxy?.DisposeAsync() ?? default);
        _certificate.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Haproxy_PassesConnectionsOn_BackendsSeeTheClient()
    {
        var haproxy = Tool.Require("haproxy", "haproxy");
        await using var backend = await EchoServer.StartAsync("echo");
        var ports = FreePorts.Take(2).Select(static port => port.ToString(CultureInfo.InvariantCulture)).ToArray();

        // HAProxy may call from 127.0.0.9 alone; what it passes on for 127.0.0.1 must count as that.
        await using var server = await Deployment.StartAsync(Shape.Embedded, settings =>
        {
            _certificate.Configure(settings);
            settings["trusted_proxies"] = "[127.0.0.9]";
            settings["proxy_protocol"] = "true";
        });
        var gateway = server.Address.Authority;
        var configuration = _folder.Write("haproxy.cfg", $"""
            defaults
                mode tcp
                timeout connect 5s
                timeout client 30s
                timeout server 30s
            listen one
                bind 127.0.0.1:{ports[0]}
                server gateway {gateway} send-proxy source 127.0.0.9
            listen two
                bind 127.0.0.1:{ports[1]}
                server gateway {gateway} send-proxy-v2 proxy-v2-options ssl,unique-id,crc32c source 127.0.0.9

            """);
        _haproxy = ChildProcess.Start("haproxy", haproxy.Path, ["-f", configuration, "-db"]);
        var host = new TestHost { Url = backend.Url.ToString() };
        foreach (var port in ports)
        {
            using var http = new HttpClient(Deployment.AcceptingAnyCertificate()) { BaseAddress = new Uri($"https://127.0.0.1:{port}") };
            await Wait.UntilAsync(
                $"an answer through port {port}",
                async token => await PostAsync(http, "/register", host.Registration(), token) && await PostAsync(http, "/stats", host.Report(), token)
                    && (await http.GetAsync("/app/x?tier=tiny", token)).IsSuccessStatusCode,
                Patience.Start,
                TestContext.Current.CancellationToken);
            foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/app/x?tier=tiny") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
                using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
                using var seen = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
                Assert.Contains("127.0.0.1", seen.RootElement.GetProperty("headers").GetProperty("X-Forwarded-For").ToString(), StringComparison.Ordinal);
            }
        }

        // Past HAProxy nobody comes in.
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Http.GetAsync("/health", TestContext.Current.CancellationToken));
        using var admin = new HttpClient { BaseAddress = server.Admin };
        Assert.Contains(
            "opsen_connections_refused_total{", await admin.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<bool> PostAsync(HttpClient http, string path, JsonObject body, CancellationToken cancellation)
    {
        using var response = await http.PostAsync(path, new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), cancellation);
        return response.IsSuccessStatusCode;
    }
}
