using Orleans.Concurrency;

namespace Opsen.Grains.Interfaces.Backends;

/// <summary>Owns what is true of one host: registration, latest report, health and lifecycle. The key is the client id.</summary>
[Alias("opsen.IBackendGrain")]
public interface IBackendGrain : IGrainWithStringKey
{
    /// <summary>Registers the host, or registers it again; durable when it returns. Drain state is kept, unless the host's own agent asked for the drain as it
    /// stopped.</summary>
    [Alias("Register")]
    Task Register(BackendRegistration registration);

    /// <summary>Takes a report. False when the host is not registered.</summary>
    [Alias("Report")]
    Task<bool> Report(LoadReport report);

    /// <summary>The host as it is now, or null when it is not registered. Also brings a host back to life after a restart: its timers run from then on.
    /// Interleaves, because an index that starts asks hosts that may be waiting for it.</summary>
    [Alias("GetSnapshot"), AlwaysInterleave]
    Task<HostSnapshot?> GetSnapshot();

    /// <summary>A gateway could not connect to one of the host's endpoints. That endpoint is probed at once and then quickly until it is settled, so that what is
    /// down leaves routing without waiting for its next turn. Nothing happens when the host has no such endpoint (any more).</summary>
    [Alias("ReportUnreachable"), OneWay]
    Task ReportUnreachable(string endpointUrl);

    /// <summary>The host said in an answer how busy it is. Counts as a report; changes only what it says of the latest one. Nothing happens when the host is not
    /// registered.</summary>
    [Alias("ReportUtilization"), OneWay]
    Task ReportUtilization(UtilizationReport report);

    /// <summary>Forgets the host, unless it registered again after <paramref name="registeredAt"/> (see <see cref="HostSnapshot.RegisteredAt"/>).</summary>
    [Alias("Retire")]
    Task Retire(long registeredAt);

    /// <summary>Takes no new sessions any more; those that the host has stay until <paramref name="deadline"/> has passed, then they move. Durable when it
    /// returns.</summary>
    /// <param name="deadline">How long they may stay, from now; null = until they end by themselves.</param>
    /// <param name="isShutdown">Whether the host's own agent asks as it stops: what an operator decided stays then, and the agent's next registration ends the drain.</param>
    /// <returns>The host as it is then, or null when it is not registered.</returns>
    [Alias("Drain")]
    Task<HostSnapshot?> Drain(TimeSpan? deadline, bool isShutdown);

    /// <summary>Back in service, from a drain or from maintenance. Durable when it returns. Null when the host is not registered.</summary>
    [Alias("Undrain")]
    Task<HostSnapshot?> Undrain();

    /// <summary>Out of service at once: no new sessions, and those it has move at their next request. Durable when it returns. Null when the host is not registered.</summary>
    [Alias("BeginMaintenance")]
    Task<HostSnapshot?> BeginMaintenance();

    /// <summary>Takes the host out for good, with its sessions, reservations and history. False when it is not registered.</summary>
    [Alias("Remove")]
    Task<bool> Remove();
}
