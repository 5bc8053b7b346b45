using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Opsen.Agent.Sampling;

/// <summary>
/// A thread that does one thing at a steady pace until it is stopped. A blocked thread is woken once a tick; a timer on the thread pool
/// costs some fifty wake-ups, because the pool's threads look for more work before they sleep.
/// </summary>
internal sealed partial class PacedThread : IDisposable
{
    private const int StackBytes = 1024 * 1024;

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(1);

    private readonly ManualResetEvent _stop = new(false);
    private readonly Func<TimeSpan> _tick;
    private readonly ILogger _logger;
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tick">What it does; returns how long after the beginning of this tick the next is due.</param>
    /// <param name="logger">Logs a tick that throws; the pace continues.</param>
    public PacedThread(string name, Func<TimeSpan> tick, ILogger logger)
    {
        (_tick, _logger) = (tick, logger);
        _thread = new Thread(Run, StackBytes) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Stops the thread; one that hangs in the kernel is left behind.</summary>
    public void Dispose()
    {
        _ = _stop.Set();
        if (_thread.Join(StopPatience))
        {
            _stop.Dispose();
        }
    }

    private void Run()
    {
        var due = Stopwatch.GetTimestamp();
        TimeSpan wait;
        do
        {
            var period = Tick();
            due += (long)(period.TotalSeconds * Stopwatch.Frequency);
            var now = Stopwatch.GetTimestamp();
            if (due < now)
            {
                // Too late for this one: skip it rather than run after it.
                due = now + (long)(period.TotalSeconds * Stopwatch.Frequency);
            }

            wait = Stopwatch.GetElapsedTime(now, due);
        }
        while (!_stop.WaitOne(wait));
    }

    private TimeSpan Tick()
    {
        try
        {
            return _tick();
        }
        catch (Exception exception)
        {
            LogFailure(_thread.Name!, AfterFailure.TotalSeconds, exception);
            return AfterFailure;
        }
    }

    [LoggerMessage(1120, LogLevel.Error, "The sampler {Name} failed; it goes on in {Seconds} s")]
    private partial void LogFailure(string name, double seconds, Exception exception);
}
