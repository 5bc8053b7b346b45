namespace Opsen.Examples.Quickstart.Traffic;

/// <summary>Where the requests of the last seconds went.</summary>
internal sealed class TrafficLog(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<(long At, string Host, bool Proxied)> _recent = new();
    private int _failed;
    private string? _lastFailure;

    /// <summary>How far back the counts reach.</summary>
    public static TimeSpan Span { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Notes an answer.</summary>
    public void Add(Answer answer, bool proxied)
    {
        lock (_lock)
        {
            if (answer.Failure is { } failure)
            {
                _failed++;
                _lastFailure = failure;
                return;
            }

            _recent.Enqueue((time.GetTimestamp(), answer.Host, proxied));
        }
    }

    /// <summary>Failed requests since the start, and what the last one was told.</summary>
    public (int Count, string? Last) Failures()
    {
        lock (_lock)
        {
            return (_failed, _lastFailure);
        }
    }

    /// <summary>Routed and proxied requests that a host got within <see cref="Span"/>.</summary>
    public (int Routed, int Proxied) Count(string host)
    {
        lock (_lock)
        {
            while (_recent.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > Span)
            {
                _recent.Dequeue();
            }

            return (_recent.Count(entry => entry.Host == host && !entry.Proxied), _recent.Count(entry => entry.Host == host && entry.Proxied));
        }
    }
}
