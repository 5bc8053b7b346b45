using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Interop;

/// <summary>Bodies far larger than what the gateway may keep of them.</summary>
public sealed partial class BodyMemoryTests
{
    private const long BodyBytes = 256L << 20;
    private const long WarmUpBytes = 8L << 20;

    // Far below the body, and generous for a heap that the collector has no reason to keep small.
    private const long AllowedGrowth = 120L << 20;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Proxy_LargeBodiesBothWays_DoNotStayInMemory(string version)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        await using var backend = await LocalBackend.StartAsync(static app => app.Run(AnswerAsync));
        await using var server = await Deployment.StartAsync(Shape.Embedded, static settings => settings["max_request_body_bytes"] = "1000000000");
        await new TestHost { Url = backend.Url }.JoinAsync(server);
        await TransferAsync(server, version, WarmUpBytes);
        var before = ReadStatus(server.GatewayId, "VmRSS");
        await File.WriteAllTextAsync($"/proc/{server.GatewayId}/clear_refs", "5", TestContext.Current.CancellationToken);

        await TransferAsync(server, version, BodyBytes);

        var growth = ReadStatus(server.GatewayId, "VmHWM") - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"HTTP/{version}: {before >> 20} MB before, at most {growth >> 20} MB more");
        Assert.True(growth < AllowedGrowth, $"The gateway grew by {growth >> 20} MB.");
    }

    private static async Task TransferAsync(Deployment server, string version, long bytes)
    {
        using var download = await SendAsync(server, version, HttpMethod.Get, $"/app/zeros?tier=tiny&bytes={bytes}", null);
        await using var stream = await download.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        Assert.Equal(bytes, await CountAsync(stream, TestContext.Current.CancellationToken));

        using var upload = await SendAsync(server, version, HttpMethod.Post, "/app/count?tier=tiny", new ZerosContent(bytes));
        Assert.Equal(bytes.ToString(CultureInfo.InvariantCulture), await upload.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<HttpResponseMessage> SendAsync(Deployment server, string version, HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        return (await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method))
        {
            await context.Response.WriteAsync((await CountAsync(context.Request.Body, context.RequestAborted)).ToString(CultureInfo.InvariantCulture));
            return;
        }

        var bytes = long.Parse(context.Request.Query["bytes"]!, CultureInfo.InvariantCulture);
        context.Response.ContentLength = bytes;
        await ZerosContent.WriteAsync(context.Response.Body, bytes);
    }

    private static async Task<long> CountAsync(Stream stream, CancellationToken cancellation)
    {
        var buffer = new byte[64 * 1024];
        var count = 0L;
        for (int read; (read = await stream.ReadAsync(buffer, cancellation)) > 0;)
        {
            count += read;
        }

        return count;
    }

    private static long ReadStatus(int process, string name)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return long.Parse(Digits().Match(line).Value, CultureInfo.InvariantCulture) << 10;
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();

    /// <summary>A body of zeros that is never in memory.</summary>
    private sealed class ZerosContent(long bytes) : HttpContent
    {
        public static async Task WriteAsync(Stream stream, long bytes)
        {
            var buffer = new byte[64 * 1024];
            for (var left = bytes; left > 0; left -= buffer.Length)
            {
                await stream.WriteAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, global::System.Net.TransportContext? context) => WriteAsync(stream, bytes);

        protected override bool TryComputeLength(out long length)
        {
            length = bytes;
            return true;
        }
    }
}
