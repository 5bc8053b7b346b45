using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>The host's lifecycle: what operators and its agent decide about it.</summary>
internal sealed partial class BackendGrain
{
    private readonly Countdown _drain = new(time);
    private GrainDeadline _drainEnd = null!;

    public async Task<HostSnapshot?> Drain(TimeSpan? deadline, bool isShutdown)
    {
        ThrowIfUnreadable();
        if (Host is not { } host)
        {
            return null;
        }

        var drained = HostLifecycle.Drain(host, deadline, isShutdown, time.GetUtcNow());
        if (drained != host && deadline is { } length)
        {
            _drain.Begin(length);
        }

        return await ChangeLifecycleAsync(host, drained, isShutdown ? "its agent stops" : "an operator asked for it");
    }

    public async Task<HostSnapshot?> Undrain()
    {
        ThrowIfUnreadable();
        if (Host is not { } host)
        {
            return null;
        }

        if (host.Lifecycle == Lifecycle.Maintenance)
        {
            _slowStart.Begin();
        }

        return await ChangeLifecycleAsync(host, HostLifecycle.Undrain(host) with { SlowStartLeft = _slowStart.Left }, "an operator asked for it");
    }

    public async Task<HostSnapshot?> BeginMaintenance()
    {
        ThrowIfUnreadable();
        return Host is { } host ? await ChangeLifecycleAsync(host, HostLifecycle.BeginMaintenance(host), "an operator asked for it") : null;
    }

    private void ResumeDrain(HostSnapshot host)
    {
        if (host is { Lifecycle: Lifecycle.Draining, DrainDeadline: { } deadline })
        {
            // Capped at the longest drain, in case the clock was set back while the silo was down.
            var left = deadline - time.GetUtcNow();
            _drain.Begin(left < HostLifecycle.MaxDrain ? left : HostLifecycle.MaxDrain);
        }
    }

    private TimeSpan DrainLeft() => Host is { Lifecycle: Lifecycle.Draining, DrainDeadline: not null } ? _drain.Left : Timeout.InfiniteTimeSpan;

    private async Task<HostSnapshot?> ChangeLifecycleAsync(HostSnapshot host, HostSnapshot changed, string cause)
    {
        Host = changed;
        _drainEnd.Watch();
        WatchSlowStart();
        if (changed.Lifecycle != host.Lifecycle || changed.DrainDeadline != host.DrainDeadline)
        {
            LogLifecycle(host.ClientId, changed.Lifecycle, changed.DrainDeadline, cause);
        }

        try
        {
            await PersistAsync();
        }
        catch when (Host is { } now)
        {
            // Roll back: the change was not persisted.
            Host = now with { Lifecycle = host.Lifecycle, DrainDeadline = host.DrainDeadline, IsShutdownDrain = host.IsShutdownDrain };
            ResumeDrain(host);
            _drainEnd.Watch(RetryInterval);
            throw;
        }

        await PublishAsync();
        return Host;
    }

    [LoggerMessage(112, LogLevel.Information, "Host {ClientId} is now {Lifecycle} (deadline {Deadline}): {Cause}")]
    private partial void LogLifecycle(string clientId, Lifecycle lifecycle, DateTimeOffset? deadline, string cause);
}
