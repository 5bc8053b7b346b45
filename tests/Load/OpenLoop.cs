using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;

namespace Opsen.Load;

/// <summary>
/// Sends requests at the times of a Poisson process, whatever becomes of the earlier ones. A request for which no connection is free waits for one, and that
/// counts: latencies are from the moment in which a request was due, less what a backend needs for it.
/// </summary>
internal sealed partial class OpenLoop : IDisposable
{
    /// <summary>Precision of the due times, µs. Waking up costs, and the generator shares the machine with what it measures.</summary>
    private const uint TickMicroseconds = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Func<LoopRequest> _next;
    private readonly List<LoopConnection> _all = [];
    private readonly ConcurrentStack<LoopConnection> _idle = new();
    private readonly ConcurrentQueue<long> _waiting = new();
    private int _open;

    /// <summary>Opens the connections.</summary>
    /// <param name="server">Whom to ask.</param>
    /// <param name="connections">How many requests can be under way at once.</param>
    /// <param name="next">The next request, complete. Called by one thread at a time.</param>
    public OpenLoop(IPEndPoint server, int connections, Func<LoopRequest> next)
    {
        _next = next;
        for (var i = 0; i < connections; i++)
        {
            _all.Add(new LoopConnection(server, Answered));
        }

        _idle.PushRange([.. _all]);
    }

    /// <summary>Runs to the last answer.</summary>
    /// <param name="rate">Requests a second, on average.</param>
    /// <param name="duration">For how long new ones are sent.</param>
    /// <param name="seed">Of the random times.</param>
    /// <exception cref="TimeoutException">Requests have no answer after 30 s.</exception>
    public Latencies Run(double rate, TimeSpan duration, int seed = 1)
    {
        var random = new Random(seed);
        var (start, late, sent) = (Stopwatch.GetTimestamp(), new List<double>(), 0);
        var end = start + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        for (var due = start; due < end;)
        {
            var now = Stopwatch.GetTimestamp();
            for (; due <= now && due < end; due += (long)(-Math.Log(1 - random.NextDouble()) / rate * Stopwatch.Frequency))
            {
                late.Add(Milliseconds(now - due));
                Interlocked.Increment(ref _open);
                Send(due);
                sent++;
            }

            _ = Sleep(TickMicroseconds);
        }

        return Collect(sent, late, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Sends a number of requests, each as soon as a connection is free: closed loop.</summary>
    public Latencies RunAll(int count)
    {
        var start = Stopwatch.GetTimestamp();
        Volatile.Write(ref _open, count);
        for (var i = 0; i < count; i++)
        {
            _waiting.Enqueue(start);
        }

        while (SendWaiting())
        {
        }

        return Collect(count, [0], Stopwatch.GetElapsedTime(start));
    }

    private Latencies Collect(int sent, List<double> late, TimeSpan asked)
    {
        for (var deadline = Stopwatch.StartNew(); Volatile.Read(ref _open) > 0; Thread.Sleep(1))
        {
            if (deadline.Elapsed > Patience)
            {
                throw new TimeoutException($"{_open} of {sent} requests have no answer.");
            }
        }

        late.Sort();
        var latencies = _all.SelectMany(static one => one.TakeLatencies()).Order().ToArray();
        return new(latencies, sent - latencies.Length, late[late.Count * 99 / 100], asked.TotalSeconds);
    }

    /// <inheritdoc/>
    public void Dispose() => _all.ForEach(static one => one.Dispose());

    /// <summary>Milliseconds of a difference of timestamps.</summary>
    public static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;

    private void Send(long due)
    {
        _waiting.Enqueue(due);
        SendWaiting();
    }

    /// <summary>Sends what waits longest, where something waits and a connection is free.</summary>
    private bool SendWaiting()
    {
        if (!_idle.TryPop(out var connection))
        {
            return false;
        }

        if (_waiting.TryDequeue(out var due))
        {
            connection.Send(Next(), due);
            return true;
        }

        _idle.Push(connection);
        return false;
    }

    private void Answered(LoopConnection connection)
    {
        Interlocked.Decrement(ref _open);
        _idle.Push(connection);
        SendWaiting();
    }

    private LoopRequest Next()
    {
        lock (_all)
        {
            return _next();
        }
    }

    /// <summary>The platform's own sleep rounds up to a millisecond.</summary>
    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Sleep(uint microseconds);
}
