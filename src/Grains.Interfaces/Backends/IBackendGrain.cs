using Orleans.Concurrency;

namespace Opsen.Grains.Interfaces.Backends;

/// <summary>Owns what is true of one host: registration, latest report, health and lifecycle. The key is the client id.</summary>
[Alias("opsen.IBackendGrain")]
public interface IBackendGrain : IGrainWithStringKey
{
    /// <summary>Registers the host, or registers it again; durable when it returns. Drain state is kept.</summary>
    [Alias("Register")]
    Task Register(BackendRegistration registration);

    /// <summary>Takes a report. False when the host is not registered.</summary>
    [Alias("Report")]
    Task<bool> Report(LoadReport report);

    /// <summary>The host as it is now, or null when it is not registered. Also brings a host back to life after a restart: its timers run from then on.
    /// Interleaves, because an index that starts asks hosts that may be waiting for it.</summary>
    [Alias("GetSnapshot"), AlwaysInterleave]
    Task<HostSnapshot?> GetSnapshot();

    /// <summary>A gateway could not connect to one of the host's endpoints. The host is probed at once, so that a host that is down leaves routing without waiting
    /// for its next turn. Nothing happens when the host has no such endpoint (any more).</summary>
    [Alias("ReportUnreachable"), OneWay]
    Task ReportUnreachable(string endpointUrl);

    /// <summary>The host said in an answer how busy it is. Counts as a report; changes only what it says of the latest one. Nothing happens when the host is not
    /// registered.</summary>
    [Alias("ReportUtilization"), OneWay]
    Task ReportUtilization(UtilizationReport report);

    /// <summary>Forgets the host, unless it registered again after <paramref name="registeredAt"/> (see <see cref="HostSnapshot.RegisteredAt"/>).</summary>
    [Alias("Retire")]
    Task Retire(long registeredAt);
}
