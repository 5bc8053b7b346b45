using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Opsen.Grains;
using Opsen.Grains.DecisionLogs;
using Opsen.Grains.Telemetry;
using Opsen.Hosting.Logs;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.DecisionLogs;

/// <summary>Writes <c>decision_log</c>, a line of JSON for each <see cref="DecisionEvent"/>. Every file begins with what the indexes have at that moment, so that
/// it can be replayed without the one before it.</summary>
internal sealed partial class DecisionLogWriter : LineLogWriter<DecisionEvent>, IDecisionLog
{
    private const int MaxWaiting = 65_536;

    private readonly TimeProvider _time;
    private readonly ILogger<DecisionLogWriter> _logger;
    private readonly Meter _meter;
    private readonly Counter<long> _dropped;
    private readonly Dictionary<string, LoggedPool> _pools = new(StringComparer.Ordinal);
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { SkipValidation = true });
    private long _lost;
    private long _told;

    /// <summary>A writer to <c>decision_log</c>.</summary>
    public DecisionLogWriter(ServerOptions options, TimeProvider time, IMeterFactory meters, ILogger<DecisionLogWriter> logger)
        : base(options.DecisionLog, MaxWaiting, time)
    {
        (_time, _logger) = (time, logger);
        _meter = meters.Create(OpsenMeter.Name);
        _dropped = _meter.CreateCounter<long>("opsen.decision_log.dropped", "{line}", "Lines that the decision log lacks, because the disk failed or was too slow");
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        _json.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override void Format(DecisionEvent entry, ArrayBufferWriter<byte> text)
    {
        if (_told == 0 && Interlocked.Read(ref _lost) is > 0 and var lost)
        {
            _told = lost;
            Add(new() { Kind = DecisionEventKind.Gap, Pool = entry.Pool, Ms = entry.Ms, Lost = lost }, text);
        }

        if (!_pools.TryGetValue(entry.Pool, out var pool))
        {
            _pools.Add(entry.Pool, pool = new());
        }

        pool.Note(entry);
        Add(entry, text);
    }

    /// <inheritdoc/>
    protected override void FormatHead(ArrayBufferWriter<byte> text)
    {
        foreach (var pool in _pools.Values)
        {
            foreach (var entry in pool.State(_time.GetUtcNow()))
            {
                Add(entry, text);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dropped(int count)
    {
        Interlocked.Add(ref _lost, count);
        _dropped.Add(count);
    }

    /// <inheritdoc/>
    protected override void Ended(bool isWritten)
    {
        Interlocked.Add(ref _lost, isWritten ? -_told : 0);
        _told = 0;
    }

    /// <inheritdoc/>
    protected override void Failed(string message) => LogFailed(Path, message);

    /// <inheritdoc/>
    protected override void WorksAgain() => LogWorksAgain(Path);

    private void Add(DecisionEvent entry, ArrayBufferWriter<byte> text)
    {
        _json.Reset(text);
        JsonSerializer.Serialize(_json, entry, StateJson.Options);
        _json.Flush();
        text.Write("\n"u8);
    }

    [LoggerMessage(525, LogLevel.Error, "The decision log {Path} cannot be written, and lines are lost until it can be: {Message}")]
    private partial void LogFailed(string path, string message);

    [LoggerMessage(526, LogLevel.Information, "The decision log {Path} is written again")]
    private partial void LogWorksAgain(string path);
}
