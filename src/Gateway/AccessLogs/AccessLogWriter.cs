using System.Buffers;
using System.Diagnostics.Metrics;
using Opsen.Grains.Telemetry;
using Opsen.Hosting.Logs;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.AccessLogs;

/// <summary>Writes <c>access_log</c>; see <see cref="LineLogWriter{T}"/>.</summary>
internal sealed partial class AccessLogWriter : LineLogWriter<AccessEntry>
{
    private const int MaxWaiting = 16_384;

    private readonly ILogger<AccessLogWriter> _logger;
    private readonly Meter _meter;
    private readonly Counter<long> _dropped;
    private readonly AccessLogLine _line = new();

    /// <summary>A writer to <c>access_log</c>.</summary>
    public AccessLogWriter(ServerOptions options, TimeProvider time, IMeterFactory meters, ILogger<AccessLogWriter> logger)
        : base(options.AccessLog, MaxWaiting, time)
    {
        _logger = logger;
        _meter = meters.Create(OpsenMeter.Name);
        _dropped = _meter.CreateCounter<long>("opsen.access_log.dropped", "{line}", "Lines that the access log lacks, because the disk failed or was too slow");
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        _line.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override void Format(AccessEntry entry, ArrayBufferWriter<byte> text) => _line.Write(entry, text);

    /// <inheritdoc/>
    protected override void Dropped(int count) => _dropped.Add(count);

    /// <inheritdoc/>
    protected override void Failed(string message) => LogFailed(Path, message);

    /// <inheritdoc/>
    protected override void WorksAgain() => LogWorksAgain(Path);

    [LoggerMessage(3801, LogLevel.Error, "The access log {Path} cannot be written, and lines are lost until it can be: {Message}")]
    private partial void LogFailed(string path, string message);

    [LoggerMessage(3802, LogLevel.Information, "The access log {Path} is written again")]
    private partial void LogWorksAgain(string path);
}
