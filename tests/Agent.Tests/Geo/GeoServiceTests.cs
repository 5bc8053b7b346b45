using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Agent.Geo;
using Opsen.Agent.Tests.Doubles;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Tests.Geo;

public sealed class GeoServiceTests : IAsyncDisposable
{
    private static readonly IPAddress London = IPAddress.Parse("81.2.69.142");

    private readonly TemporaryDirectory _directory = new();
    private readonly ObservedClock _clock = new();
    private readonly HostPlace _place = new();
    private readonly RecordingLogger<GeoService> _logger = new();
    private readonly HttpClient _http = GeoDownload.CreateClient();
    private readonly WebApplication _server;
    private byte[] _content = [];
    private int _status = 200;
    private int _calls;
    private GeoService? _service;

    public GeoServiceTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        _ = builder.Logging.ClearProviders();
        _ = builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(async context =>
        {
            _ = Interlocked.Increment(ref _calls);
            context.Response.StatusCode = _status;
            await context.Response.Body.WriteAsync(_content);
        });
    }

    private string FilePath => _directory.File("state", GeoService.FileName);

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
        {
            await _service.StopAsync(CancellationToken.None);
            _service.Dispose();
        }

        await _server.DisposeAsync();
        _http.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task See_PublicAddress_FetchesTheFileAndFindsThePlace()
    {
        _content = await File.ReadAllBytesAsync(GeoDatabases.PathOf(GeoDatabases.City));
        await StartAsync();
        Assert.Equal(0, _calls);
        _place.See(London);
        await Eventually.BecomesTrueAsync(() => _place.Place is not null);
        Assert.Equal(("GB", "London"), (_place.Place!.Country, _place.Place.City));
        Assert.Equal([FilePath], Directory.GetFiles(_directory.File("state")));

        // It is there now: another address needs no other one.
        _place.See(IPAddress.Parse("2001:218::1"));
        Assert.NotEqual("GB", _place.Place?.Country);
        await Eventually.BecomesTrueAsync(() => _place.Place?.Country == "JP");
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task See_PrivateAddress_FetchesNothing()
    {
        await StartAsync();
        _place.See(IPAddress.Parse("10.0.0.1"));
        _place.See(null);
        _ = await _clock.PassNextWaitAsync();
        _ = await _clock.NextWaitAsync();
        Assert.Equal(0, _calls);
        Assert.Null(_place.Address);
    }

    [Theory]
    [InlineData(404, "<html>")]
    [InlineData(200, "<html>")]
    public async Task Fetch_WhatIsNoSuchFile_KeepsTheFormerOneAndTriesAgain(int status, string content)
    {
        _ = Directory.CreateDirectory(_directory.File("state"));
        File.Copy(GeoDatabases.PathOf(GeoDatabases.City), FilePath);
        File.SetLastWriteTimeUtc(FilePath, _clock.GetUtcNow().UtcDateTime - GeoService.MaxAge - TimeSpan.FromDays(1));
        (_status, _content) = (status, System.Text.Encoding.ASCII.GetBytes(content));
        _place.See(London);
        await StartAsync();
        await Eventually.BecomesTrueAsync(() => _place.Place?.City == "London");
        Assert.Equal(1, _calls);
        Assert.Contains(_logger.Lines, line => line.Level == LogLevel.Warning && line.Message.Contains("cannot be fetched", StringComparison.Ordinal));
        Assert.Equal([FilePath], Directory.GetFiles(_directory.File("state")));

        (_status, _content) = (200, await File.ReadAllBytesAsync(FilePath));
        Assert.Equal(GeoService.LookPause, await _clock.PassNextWaitAsync());
        await Eventually.BecomesTrueAsync(() => _calls == 2 && File.GetLastWriteTimeUtc(FilePath) > DateTime.UtcNow - TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task See_NothingToFetchAndNoFile_IsUnknownWithoutAWarning()
    {
        _place.See(London);
        await StartAsync(url: "");
        _ = await _clock.PassNextWaitAsync();
        _ = await _clock.NextWaitAsync();
        Assert.Null(_place.Place);
        Assert.Empty(_logger.Lines);
    }

    private async Task StartAsync(string? url = null)
    {
        await _server.StartAsync();
        var options = new AgentOptions { GeoipUrl = url ?? $"{_server.Urls.Single()}/city.mmdb" };
        _service = new GeoService(_place, new GeoDownload(_http), options, FilePath, _clock, _logger);
        await _service.StartAsync(CancellationToken.None);
    }
}
