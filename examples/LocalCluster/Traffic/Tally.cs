using System.Diagnostics;

namespace Opsen.Examples.LocalCluster.Traffic;

/// <summary>Counts what one kind of caller saw.</summary>
internal sealed class Tally(string name)
{
    private const int MaxKept = 20;

    private readonly Lock _lock = new();
    private readonly List<string> _failures = [];
    private TimeSpan _longest;
    private long _succeededAt = Stopwatch.GetTimestamp();
    private TimeSpan _longestGap;

    /// <summary>What they do.</summary>
    public string Name { get; } = name;

    /// <summary>Requests that succeeded.</summary>
    public int Succeeded { get; private set; }

    /// <summary>Requests that failed or were answered wrongly.</summary>
    public int Failed { get; private set; }

    /// <summary>Requests that were refused because no assignment could be made, as while nothing can be stored.</summary>
    public int Refused { get; private set; }

    /// <summary>The first failures.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (_lock)
            {
                return [.. _failures];
            }
        }
    }

    /// <summary>The longest wait for a response, and the longest time without a success, since the last call.</summary>
    public (TimeSpan Wait, TimeSpan Gap) TakeLongest()
    {
        lock (_lock)
        {
            NoteGap();
            var longest = (_longest, _longestGap);
            (_longest, _longestGap) = (TimeSpan.Zero, TimeSpan.Zero);
            return longest;
        }
    }

    /// <summary>Counts a success that began at a timestamp.</summary>
    public void Succeed(long since)
    {
        lock (_lock)
        {
            Succeeded++;
            var took = Stopwatch.GetElapsedTime(since);
            _longest = took > _longest ? took : _longest;
            NoteGap();
            _succeededAt = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Counts a refusal because no assignment could be made.</summary>
    public void Refuse()
    {
        lock (_lock)
        {
            Refused++;
        }
    }

    /// <summary>Counts a failure.</summary>
    public void Fail(string what)
    {
        lock (_lock)
        {
            Failed++;
            if (_failures.Count < MaxKept)
            {
                _failures.Add($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {Name}: {what.ReplaceLineEndings(" ")}");
            }
        }
    }

    private void NoteGap()
    {
        var gap = Stopwatch.GetElapsedTime(_succeededAt);
        _longestGap = gap > _longestGap ? gap : _longestGap;
    }
}
