using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Interop;

/// <summary>nginx as the backend: what another server makes of a file passes unchanged.</summary>
public sealed class NginxTests : IAsyncLifetime
{
    private const string Path = "/app/file.txt?tier=tiny";

    private readonly byte[] _content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 50_000).Select(static i => $"line {i}\n")));
    private readonly TemporaryFolder _folder = new();
    private ChildProcess? _nginx;
    private Deployment? _server;

    private Deployment Server => _server ?? throw new InvalidOperationException("Not started.");

    /// <inheritdoc />
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? default);
        if (_nginx is not null)
        {
            // In order: killed, it would leave its worker behind.
            await _nginx.StopAsync(Patience.Change);
            await _nginx.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task Nginx_StaticFile_WholePartsAndUnchanged()
    {
        await StartAsync();
        using var whole = await GetAsync(Path);
        Assert.Equal((HttpStatusCode.OK, (long?)_content.Length), (whole.StatusCode, whole.Content.Headers.ContentLength));
        Assert.Equal(_content, await whole.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("nginx", whole.Headers.Server.ToString(), StringComparison.Ordinal);
        Assert.Equal("bytes", Assert.Single(whole.Headers.AcceptRanges));
        var etag = whole.Headers.ETag!;

        using var part = await GetAsync(Path, static request => request.Headers.Range = new RangeHeaderValue(1000, 1999));
        Assert.Equal((HttpStatusCode.PartialContent, $"bytes 1000-1999/{_content.Length}"), (part.StatusCode, part.Content.Headers.ContentRange!.ToString()));
        Assert.Equal(_content[1000..2000], await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

        using var beyond = await GetAsync(Path, request => request.Headers.Range = new RangeHeaderValue(_content.Length, null));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);

        using var unchanged = await GetAsync(Path, request => request.Headers.IfNoneMatch.Add(etag));
        Assert.Equal((HttpStatusCode.NotModified, etag), (unchanged.StatusCode, unchanged.Headers.ETag));
    }

    [Fact]
    public async Task Nginx_CompressedAnswer_PassesAsItIs()
    {
        await StartAsync();
        using var answer = await GetAsync(Path, static request => request.Headers.AcceptEncoding.ParseAdd("gzip"));

        Assert.Equal("gzip", Assert.Single(answer.Content.Headers.ContentEncoding));
        await using var unpacked = new GZipStream(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), CompressionMode.Decompress);
        using var content = new MemoryStream();
        await unpacked.CopyToAsync(content, TestContext.Current.CancellationToken);
        Assert.Equal(_content, content.ToArray());
    }

    [Fact]
    public async Task Nginx_ManyRequests_ShareConnections()
    {
        await StartAsync();
        var connections = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            using var answer = await GetAsync(Path);
            connections.Add(Assert.Single(answer.Headers.GetValues("X-Connection")));
        }

        Assert.Single(connections);
    }

    private async Task StartAsync()
    {
        var nginx = Tool.Require("nginx", "nginx");
        var port = FreePorts.Take(1)[0];
        var files = Directory.CreateDirectory(_folder.File("app"));
        await File.WriteAllBytesAsync(global::System.IO.Path.Combine(files.FullName, "file.txt"), _content);
        var configuration = _folder.Write("nginx.conf", $$"""
            daemon off;
            {{(Environment.UserName == "root" ? "user root;" : "")}}
            worker_processes 1;
            pid {{_folder.File("nginx.pid")}};
            error_log stderr;
            events { worker_connections 256; }
            http {
              access_log off;
              client_body_temp_path {{_folder.File("body")}};
              proxy_temp_path {{_folder.File("proxy")}};
              fastcgi_temp_path {{_folder.File("fastcgi")}};
              uwsgi_temp_path {{_folder.File("uwsgi")}};
              scgi_temp_path {{_folder.File("scgi")}};
              types { text/plain txt; }
              gzip on;
              gzip_proxied any;
              gzip_types text/plain;
              server {
                listen 127.0.0.1:{{port}};
                root {{_folder.File("")}};
                add_header X-Connection $connection;
              }
            }
            """);
        _nginx = ChildProcess.Start("nginx", nginx.Path, ["-c", configuration, "-e", "stderr"]);
        _server = await Deployment.StartAsync(Shape.Embedded);
        await new TestHost { Url = $"http://127.0.0.1:{port}" }.JoinAsync(_server);
        await Wait.UntilAsync("nginx answers", async _ => (await GetAsync(Path)).IsSuccessStatusCode, Patience.Start, TestContext.Current.CancellationToken);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        change?.Invoke(request);
        return await Server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
