using System.Buffers;
using System.Threading.Channels;
using Opsen.Hosting.Storage;

namespace Opsen.Hosting.Logs;

/// <summary>
/// Writes lines to a file off the way of those who have something to write. While the disk is slower than they are, lines are dropped and counted; nobody waits
/// for it. A file that was renamed or deleted (log rotation) is opened anew within a second.
/// </summary>
/// <typeparam name="T">What a line is made of.</typeparam>
/// <param name="path">The file; "-" = standard output.</param>
/// <param name="maxWaiting">Lines that may wait.</param>
internal abstract class LineLogWriter<T>(string path, int maxWaiting, TimeProvider time) : BackgroundService
{
    private const string StandardOutput = "-";

    /// <summary>Lines that are written together.</summary>
    private const int MaxBatch = 256;

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long lines gather: waking up for each of them would cost more than writing it.</summary>
    private static readonly TimeSpan GatherInterval = TimeSpan.FromMilliseconds(100);

    private readonly Channel<T> _waiting = Channel.CreateBounded<T>(new BoundedChannelOptions(maxWaiting) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly ArrayBufferWriter<byte> _text = new(1024);
    private Stream? _file;
    private FileIdentity? _identity;
    private long _checkedAt;
    private bool _isFailing;

    /// <summary>The file.</summary>
    protected string Path => path;

    /// <summary>Queues an entry, which nobody changes any more.</summary>
    public void Write(T entry)
    {
        if (!_waiting.Writer.TryWrite(entry))
        {
            Dropped(1);
        }
    }

    /// <summary>Ends when everything that waits is written; those who write have stopped before.</summary>
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
        _stop.Dispose();
        _file?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            await Task.Delay(GatherInterval, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var count = await WriteSomeAsync(); count > 0; count = await WriteSomeAsync())
            {
            }
        }
    }

    /// <summary>Formats an entry, with a line break at its end.</summary>
    protected abstract void Format(T entry, ArrayBufferWriter<byte> text);

    /// <summary>Formats what stands at the begin of a file, before the next entry.</summary>
    protected virtual void FormatHead(ArrayBufferWriter<byte> text)
    {
    }

    /// <summary>Counts lines that are missing from the file.</summary>
    protected abstract void Dropped(int count);

    /// <summary>What was formatted since the last call is in the file, or lost and counted.</summary>
    protected virtual void Ended(bool isWritten)
    {
    }

    /// <summary>Reports that the file cannot be written, once.</summary>
    protected abstract void Failed(string message);

    /// <summary>Reports that it can again.</summary>
    protected abstract void WorksAgain();

    private async Task<int> WriteSomeAsync()
    {
        if (!_waiting.Reader.TryPeek(out _))
        {
            // To write nothing proves nothing.
            return 0;
        }

        var count = 0;
        _text.Clear();
        try
        {
            var (file, isNew) = Open();
            if (isNew)
            {
                FormatHead(_text);
            }

            count = Take();
            await file.WriteAsync(_text.WrittenMemory, CancellationToken.None);
            await file.FlushAsync(CancellationToken.None);
            Ended(isWritten: true);
            if (_isFailing)
            {
                _isFailing = false;
                WorksAgain();
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            count = count == 0 ? Take() : count;
            Dropped(count);
            Ended(isWritten: false);
            _file?.Dispose();
            _file = null;
            if (!_isFailing)
            {
                _isFailing = true;
                Failed(error.Message);
            }
        }

        return count;
    }

    private int Take()
    {
        var count = 0;
        while (count < MaxBatch && _waiting.Reader.TryRead(out var entry))
        {
            Format(entry, _text);
            count++;
        }

        return count;
    }

    private (Stream File, bool IsNew) Open()
    {
        if (_file is not null && (path == StandardOutput || time.GetElapsedTime(_checkedAt) < CheckInterval))
        {
            return (_file, false);
        }

        _checkedAt = time.GetTimestamp();
        if (_file is not null && path != StandardOutput && File.Exists(path) && FileIdentity.Of(path) == _identity)
        {
            return (_file, false);
        }

        _file?.Dispose();
        _file = null;
        _file = path == StandardOutput
            ? Console.OpenStandardOutput()
            : new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        _identity = FileIdentity.Of(path);
        return (_file, true);
    }
}
