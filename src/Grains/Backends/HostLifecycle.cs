using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>What operators and agents do to a host's lifecycle, as steps from one state to the next. docs/HOSTS.md has them as a table.</summary>
internal static class HostLifecycle
{
    /// <summary>The latest deadline of a drain.</summary>
    public static readonly TimeSpan MaxDrain = TimeSpan.FromDays(30);

    /// <summary>Begins a drain, or a drain with another deadline. One that the agent asks for as it stops leaves alone what an operator decided.</summary>
    public static HostSnapshot Drain(HostSnapshot host, TimeSpan? deadline, bool isShutdown, DateTimeOffset now) =>
        isShutdown && host.Lifecycle != Lifecycle.InService && !host.IsShutdownDrain ? host
        : deadline <= TimeSpan.Zero ? host with { Lifecycle = Lifecycle.Drained, DrainDeadline = null, IsShutdownDrain = isShutdown }
        : host with { Lifecycle = Lifecycle.Draining, DrainDeadline = now + deadline, IsShutdownDrain = isShutdown };

    /// <summary>The drain's deadline has passed.</summary>
    public static HostSnapshot EndDrain(HostSnapshot host) => host with { Lifecycle = Lifecycle.Drained, DrainDeadline = null };

    /// <summary>Takes a host out of service at once.</summary>
    public static HostSnapshot BeginMaintenance(HostSnapshot host) =>
        host with { Lifecycle = Lifecycle.Maintenance, DrainDeadline = null, IsShutdownDrain = false };

    /// <summary>Puts a host back into service.</summary>
    public static HostSnapshot Undrain(HostSnapshot host) =>
        host with { Lifecycle = Lifecycle.InService, DrainDeadline = null, IsShutdownDrain = false };

    /// <summary>The host registers again: an operator's decision stays; the agent that drained its host as it stopped is back.</summary>
    public static HostSnapshot Reregister(HostSnapshot host, HostSnapshot? previous) =>
        previous is null or { IsShutdownDrain: true }
            ? Undrain(host)
            : host with { Lifecycle = previous.Lifecycle, DrainDeadline = previous.DrainDeadline, IsShutdownDrain = false };
}
