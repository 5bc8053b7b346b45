using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Opsen.Grains.Telemetry;
using Opsen.Hosting.Storage;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.AccessLogs;

/// <summary>
/// Writes the access log off the requests' way. While the disk is slower than the traffic, lines are dropped and counted; requests never wait for it. A file
/// that was renamed or deleted (log rotation) is opened anew within a second.
/// </summary>
internal sealed partial class AccessLogWriter : BackgroundService
{
    private const string StandardOutput = "-";
    private const int MaxWaiting = 16_384;

    /// <summary>Lines that are written together.</summary>
    private const int MaxBatch = 256;

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long lines gather: waking up for each of them would cost more than writing it.</summary>
    private static readonly TimeSpan GatherInterval = TimeSpan.FromMilliseconds(100);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger<AccessLogWriter> _logger;
    private readonly Meter _meter;
    private readonly Counter<long> _dropped;
    private readonly Channel<AccessEntry> _waiting = Channel.CreateBounded<AccessEntry>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private Stream? _file;
    private FileIdentity? _identity;
    private long _checkedAt;
    private bool _isFailing;

    /// <summary>A writer to <c>access_log</c>.</summary>
    public AccessLogWriter(ServerOptions options, TimeProvider time, IMeterFactory meters, ILogger<AccessLogWriter> logger)
    {
        (_path, _time, _logger) = (options.AccessLog, time, logger);
        _meter = meters.Create(OpsenMeter.Name);
        _dropped = _meter.CreateCounter<long>("opsen.access_log.dropped", "{line}", "Lines that the access log lacks, because the disk failed or was too slow");
    }

    /// <summary>Queues an entry, which nobody changes any more.</summary>
    public void Write(AccessEntry entry)
    {
        if (!_waiting.Writer.TryWrite(entry))
        {
            _dropped.Add(1);
        }
    }

    /// <summary>Ends when everything that waits is written; the listeners have stopped before.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        await _stop.CancelAsync();
        if (ExecuteTask is { } writing)
        {
            // Before the base class cancels it: a task that has not begun by then would never write what waits.
            await writing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        _stop.Dispose();
        _file?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var lines = new AccessLogLine();
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            await Task.Delay(GatherInterval, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var count = Take(lines); count > 0; count = Take(lines))
            {
                await WriteAsync(lines.Text, count);
            }
        }
    }

    private int Take(AccessLogLine lines)
    {
        lines.Clear();
        var count = 0;
        while (count < MaxBatch && _waiting.Reader.TryRead(out var entry))
        {
            lines.Add(entry);
            count++;
        }

        return count;
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> text, int count)
    {
        try
        {
            var file = Open();
            await file.WriteAsync(text, CancellationToken.None);
            await file.FlushAsync(CancellationToken.None);
            if (_isFailing)
            {
                _isFailing = false;
                LogWorksAgain(_path);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _dropped.Add(count);
            _file?.Dispose();
            _file = null;
            if (!_isFailing)
            {
                _isFailing = true;
                LogFailed(_path, error.Message);
            }
        }
    }

    private Stream Open()
    {
        if (_file is not null && (_path == StandardOutput || _time.GetElapsedTime(_checkedAt) < CheckInterval))
        {
            return _file;
        }

        _checkedAt = _time.GetTimestamp();
        if (_file is not null && _path != StandardOutput && File.Exists(_path) && FileIdentity.Of(_path) == _identity)
        {
            return _file;
        }

        _file?.Dispose();
        _file = null;
        _file = _path == StandardOutput
            ? Console.OpenStandardOutput()
            : new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        _identity = FileIdentity.Of(_path);
        return _file;
    }

    [LoggerMessage(3801, LogLevel.Error, "The access log {Path} cannot be written, and lines are lost until it can be: {Message}")]
    private partial void LogFailed(string path, string message);

    [LoggerMessage(3802, LogLevel.Information, "The access log {Path} is written again")]
    private partial void LogWorksAgain(string path);
}
