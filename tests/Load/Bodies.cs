using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Opsen.Load;

/// <summary>One large download and one large upload, by HTTP/1.1 and by HTTP/2: how much more memory the gateway takes meanwhile.</summary>
internal static class Bodies
{
    private const long WarmUpBytes = 64L << 20;

    /// <summary>Runs and prints a line for each.</summary>
    public static async Task RunAsync(int megabytes)
    {
        await using var backend = await StartBackendAsync();
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            await using var gateway = await RunningGateway.StartAsync(backend.Urls.Single());
            using var http = new HttpClient { BaseAddress = gateway.Url, Timeout = Timeout.InfiniteTimeSpan };
            await DownloadAsync(http, version, WarmUpBytes);
            await UploadAsync(http, version, WarmUpBytes);
            await MeasureAsync($"download, HTTP/{version}", gateway, megabytes, bytes => DownloadAsync(http, version, bytes));
            await MeasureAsync($"upload, HTTP/{version}", gateway, megabytes, bytes => UploadAsync(http, version, bytes));
        }
    }

    private static async Task MeasureAsync(string name, RunningGateway gateway, int megabytes, Func<long, Task> transfer)
    {
        var before = gateway.Resident;
        gateway.ForgetPeak();
        var clock = Stopwatch.StartNew();
        await transfer((long)megabytes << 20);
        Console.WriteLine(
            $"{name,-20} {megabytes} MB in {clock.Elapsed.TotalSeconds:F1} s ({megabytes / clock.Elapsed.TotalSeconds:F0} MB/s), "
            + $"resident {before >> 20} MB before, at most {(gateway.Peak - before) >> 20} MB more");
    }

    private static async Task DownloadAsync(HttpClient http, Version version, long bytes)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/zeros?bytes={bytes}") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var answer = (await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)).EnsureSuccessStatusCode();
        await using var stream = await answer.Content.ReadAsStreamAsync();
        Expect(bytes, await CountAsync(stream));
    }

    private static async Task UploadAsync(HttpClient http, Version version, long bytes)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/count")
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ZerosContent(bytes),
        };
        using var answer = (await http.SendAsync(request)).EnsureSuccessStatusCode();
        Expect(bytes, long.Parse(await answer.Content.ReadAsStringAsync(), CultureInfo.InvariantCulture));
    }

    private static void Expect(long sent, long arrived)
    {
        if (sent != arrived)
        {
            throw new InvalidOperationException($"{arrived} of {sent} bytes arrived.");
        }
    }

    private static async Task<WebApplication> StartBackendAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        app.Run(static async context =>
        {
            if (HttpMethods.IsPost(context.Request.Method))
            {
                await context.Response.WriteAsync((await CountAsync(context.Request.Body)).ToString(CultureInfo.InvariantCulture));
                return;
            }

            var bytes = long.Parse(context.Request.Query["bytes"]!, CultureInfo.InvariantCulture);
            context.Response.ContentLength = bytes;
            await ZerosContent.WriteAsync(context.Response.Body, bytes);
        });
        await app.StartAsync();
        return app;
    }

    private static async Task<long> CountAsync(Stream stream)
    {
        var buffer = new byte[64 * 1024];
        var count = 0L;
        for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
        {
            count += read;
        }

        return count;
    }

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

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => WriteAsync(stream, bytes);

        protected override bool TryComputeLength(out long length)
        {
            length = bytes;
            return true;
        }
    }
}
