using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Interop;

/// <summary>curl's own HTTP/1.1 and HTTP/2 against the gateway, with and without TLS.</summary>
public sealed class CurlTests(CurlTests.Servers servers) : IClassFixture<CurlTests.Servers>
{
    [Theory]
    [InlineData("--http1.0", false, "1.1")]
    [InlineData("--http1.1", false, "1.1")]
    [InlineData("--http2-prior-knowledge", false, "2")]
    [InlineData("--http2", false, "1.1")]
    [InlineData("--http1.1", true, "1.1")]
    [InlineData("--http2", true, "2")]
    public async Task Curl_EachProtocol_RequestAndBodyArriveUnchanged(string protocol, bool isTls, string version)
    {
        var curl = Tool.Require("curl", "curl");
        var (server, _) = await servers.GetAsync(isTls);
        var body = RandomNumberGenerator.GetBytes(3_000_000);
        var file = server.File("body");
        await File.WriteAllBytesAsync(file, body, TestContext.Current.CancellationToken);
        var url = server.Address.OriginalString + "/app/a%2Fb?tier=tiny&x=%20";

        var get = await curl.RunAsync("-sk", protocol, "-w", "\n%{http_version} %{http_code}", url);

        // A body of this size makes curl ask first (Expect: 100-continue) in HTTP/1.1.
        var put = await curl.RunAsync("-sk", protocol, "-T", file, "-w", "\n%{http_version} %{http_code}", url);

        Assert.EndsWith($"\n{version} 200", get, StringComparison.Ordinal);
        Assert.EndsWith($"\n{version} 200", put, StringComparison.Ordinal);
        var seen = JsonElement.Parse(put[..put.LastIndexOf('\n')]);
        Assert.Equal("PUT", seen.GetProperty("method").GetString());
        Assert.Equal("/app/a%2Fb", seen.GetProperty("path").GetString());
        Assert.Equal("?tier=tiny&x=%20", seen.GetProperty("query").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), seen.GetProperty("body_sha256").GetString());
        Assert.Equal(isTls ? "https" : "http", seen.GetProperty("headers").GetProperty("X-Forwarded-Proto").GetString());
        Assert.Equal("127.0.0.1", seen.GetProperty("headers").GetProperty("X-Forwarded-For").GetString());
    }

    // Not with --http2-prior-knowledge: curl 7.88 cannot use such a connection again, with no server.
    [Theory]
    [InlineData("--http1.1", false)]
    [InlineData("--http2", true)]
    public async Task Curl_ManyRequests_ShareOneConnection(string protocol, bool isTls)
    {
        var curl = Tool.Require("curl", "curl");
        var (server, _) = await servers.GetAsync(isTls);
        var url = server.Address.OriginalString + "/app/[1-20]?tier=tiny";

        var connects = await curl.RunAsync("-sk", protocol, "-o", server.File("out"), "-w", "%{num_connects} %{http_code}\n", url);

        var lines = connects.Trim().Split('\n');
        Assert.Equal(20, lines.Length);
        Assert.All(lines, static line => Assert.EndsWith(" 200", line, StringComparison.Ordinal));
        Assert.Equal(1, lines.Sum(static line => int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("--http1.1")]
    [InlineData("--http2-prior-knowledge")]
    public async Task Curl_HeadAndOptions_AreAnsweredByTheBackend(string protocol)
    {
        var curl = Tool.Require("curl", "curl");
        var (server, _) = await servers.GetAsync(isTls: false);
        var url = server.Address.OriginalString + "/app/x?tier=tiny";

        var head = await curl.RunAsync("-sI", protocol, "-w", "%{http_code} %{size_download}", url);
        var options = await curl.RunAsync("-s", protocol, "-X", "OPTIONS", url);

        Assert.EndsWith("200 0", head, StringComparison.Ordinal);
        Assert.Equal("OPTIONS", JsonElement.Parse(options).GetProperty("method").GetString());
    }

    /// <summary>Servers in front of the example backend.</summary>
    public sealed class Servers() : TlsAndPlainServers("[/app]")
    {
        private protected override async Task<(IAsyncDisposable Backend, string Url)> StartBackendAsync()
        {
            var echo = await EchoServer.StartAsync("echo");
            return (echo, echo.Url.OriginalString);
        }
    }
}
