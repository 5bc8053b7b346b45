namespace Opsen.Gateway.Proxy.Failover;

/// <summary>Logs hosts that cannot be connected and stay in routing all the same: each time at Debug, and at Warning at most every <see
/// cref="Interval"/>.</summary>
internal sealed partial class UnreachableHostLog(TimeProvider time, ILogger<UnreachableHostLog> logger)
{
    /// <summary>Least time between two warnings.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long _lastWarning = time.GetTimestamp() - (long)(Interval.TotalSeconds * time.TimestampFrequency);
    private long _sinceWarning;

    /// <summary>Reports one attempt.</summary>
    public void Report(string host, string cause)
    {
        LogAttempt(host, cause);
        var attempts = Interlocked.Increment(ref _sinceWarning);
        var last = Interlocked.Read(ref _lastWarning);
        if (time.GetElapsedTime(last) >= Interval && Interlocked.CompareExchange(ref _lastWarning, time.GetTimestamp(), last) == last)
        {
            Interlocked.Add(ref _sinceWarning, -attempts);
            LogUnreachable(host, cause, attempts);
        }
    }

    [LoggerMessage(3302, LogLevel.Debug, "Host {Host} cannot be connected: {Cause}")]
    private partial void LogAttempt(string host, string cause);

    [LoggerMessage(3303, LogLevel.Warning, "Host {Host} cannot be connected: {Cause}; {Attempts} such attempts since the last warning")]
    private partial void LogUnreachable(string host, string cause, long attempts);
}
