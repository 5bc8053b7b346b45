using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opsen.Gateway.AccessLogs;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.AccessLogs;

public sealed class AccessLogWriterTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly LogRecorder _log = new();
    private string _path = "";
    private AccessLogWriter? _writer;

    public ValueTask InitializeAsync()
    {
        _path = _directory.File("access.log");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Write_RequestWithOddCharacters_IsOneLineOfJson()
    {
        await StartAsync();
        Write("/a\n\"b\u0000ü/x", "agent\r\n{\"status\":200}");

        await StopAsync();

        using var line = JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(_path, TestContext.Current.CancellationToken)));
        Assert.Equal("/a\n\"b\u0000ü/x", line.RootElement.GetProperty("path").GetString());
        Assert.Equal("agent\r\n{\"status\":200}", line.RootElement.GetProperty("user_agent").GetString());
        Assert.Equal(204, line.RootElement.GetProperty("status").GetInt32());
        Assert.False(line.RootElement.TryGetProperty("tier", out _));
    }

    [Fact]
    public async Task Write_FileIsRotated_GoesOnInANewOne()
    {
        await StartAsync();
        Write("/old", "");
        await Eventually.BecomesTrueAsync(() => File.Exists(_path) && File.ReadAllText(_path).Contains("/old", StringComparison.Ordinal));
        File.Move(_path, _path + ".1");

        await Eventually.BecomesTrueAsync(() =>
        {
            Write("/new", "");
            return File.Exists(_path) && File.ReadAllText(_path).Contains("/new", StringComparison.Ordinal);
        });
        Assert.Contains("/old", await File.ReadAllTextAsync(_path + ".1", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_FileCannotBeOpenedAndThenCan_IsSaidOnceEachAndGoesOn()
    {
        Directory.CreateDirectory(_path);
        await StartAsync();
        await Eventually.BecomesTrueAsync(() =>
        {
            Write("/lost", "");
            return _log.Entries.Any(static entry => entry.Level == LogLevel.Error);
        });
        Directory.Delete(_path);

        await Eventually.BecomesTrueAsync(() =>
        {
            Write("/kept", "");
            return File.Exists(_path) && File.ReadAllText(_path).Contains("/kept", StringComparison.Ordinal);
        });
        await Eventually.BecomesTrueAsync(() => _log.Entries.Any(static entry => entry.Level == LogLevel.Information));
        Assert.Single(_log.Entries, static entry => entry.Level == LogLevel.Error);
    }

    [Fact]
    public async Task Write_DiskStaysFull_IsReportedOnce()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a device that is always full");
        _path = "/dev/full";
        await StartAsync();
        await Eventually.BecomesTrueAsync(() =>
        {
            Write("/lost", "");
            return !_log.Entries.IsEmpty;
        });
        Write("/lost too", "");
        await StopAsync();

        Assert.Equal(LogLevel.Error, Assert.Single(_log.Entries).Level);
    }

    [Fact]
    public async Task StopAsync_ManyLinesWait_AllAreWritten()
    {
        await StartAsync();
        for (var i = 0; i < 5000; i++)
        {
            Write($"/{i}", "");
        }

        await StopAsync();

        Assert.Equal(5000, (await File.ReadAllLinesAsync(_path, TestContext.Current.CancellationToken)).Length);
    }

    private async Task StartAsync()
    {
        _writer = new AccessLogWriter(
            new ServerOptions { AccessLog = _path },
            TimeProvider.System,
            _services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(),
            new LoggerFactory([_log]).CreateLogger<AccessLogWriter>());
        await _writer.StartAsync(TestContext.Current.CancellationToken);
    }

    private async Task StopAsync()
    {
        if (_writer is { } writer)
        {
            _writer = null;
            await writer.StopAsync(CancellationToken.None);
            writer.Dispose();
        }
    }

    private void Write(string path, string userAgent)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = path;
        context.Request.Headers.UserAgent = userAgent;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        var entry = new AccessEntry { Time = DateTimeOffset.UtcNow };
        entry.Finish(context, TimeSpan.FromMilliseconds(1));
        _writer!.Write(entry);
    }
}
