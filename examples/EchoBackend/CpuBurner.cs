using System.Diagnostics;
using System.Numerics;

namespace Opsen.Examples.EchoBackend;

/// <summary>Keeps every processor that this process may use busy, for as long as it is told to.</summary>
internal sealed class CpuBurner(TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _current;

    /// <summary>Longest time one request may ask for, seconds.</summary>
    public const int LongestSeconds = 600;

    /// <summary>Starts to burn; a load that still runs ends first.</summary>
    public LoadAnswer Start(TimeSpan duration)
    {
        var threads = AllowedProcessors();
        lock (_lock)
        {
            EndCurrent();
            _current = new CancellationTokenSource(duration, time);
            for (var i = 0; i < threads; i++)
            {
                var stop = _current.Token;
                new Thread(() => Spin(stop)) { IsBackground = true, Name = $"burn {i}" }.Start();
            }
        }

        return new LoadAnswer(threads, (int)duration.TotalSeconds);
    }

    /// <summary>Ends the load, if one runs.</summary>
    public LoadAnswer Stop()
    {
        lock (_lock)
        {
            EndCurrent();
        }

        return new LoadAnswer(0, 0);
    }

    /// <inheritdoc />
    public void Dispose() => Stop();

    private void EndCurrent()
    {
        _current?.Cancel();
        _current?.Dispose();
        _current = null;
    }

    private static void Spin(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Thread.SpinWait(1_000);
        }
    }

    // On Windows a process is pinned after its start, when Environment.ProcessorCount is already fixed.
    private static int AllowedProcessors()
    {
        if (!OperatingSystem.IsWindows())
        {
            return Environment.ProcessorCount;
        }

        using var self = Process.GetCurrentProcess();
        return BitOperations.PopCount((ulong)self.ProcessorAffinity);
    }
}
