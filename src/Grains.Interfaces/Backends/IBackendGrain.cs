using System.Collections.Immutable;
using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Opsen.Grains.Interfaces.Backends;

/// <summary>Owns what is true of one host: registration, latest report, health and lifecycle. The key is the client id. While what is stored of the host
/// cannot be read, calls that would change it fail with <see cref="UnreadableHostException"/>, all but <see cref="Remove"/>.</summary>
[Alias("opsen.IBackendGrain"), Version(1)]
public interface IBackendGrain : IGrainWithStringKey
{
    /// <summary>Registers the host, or registers it again; durable when it returns. Drain state is kept, unless the host's own agent asked for the drain as it
    /// stopped.</summary>
    [Alias("Register")]
    Task Register(BackendRegistration registration);

    /// <summary>Takes a report. It reaches the index before storage, so a database in trouble keeps no host out of routing.</summary>
    /// <param name="report">The report.</param>
    /// <param name="pool">The pool of the gateway that it came to: a host that named none when it registered follows its gateway there; null = it stays where
    /// it is.</param>
    /// <returns>False when the host is not registered.</returns>
    [Alias("Report")]
    Task<bool> Report(LoadReport report, string? pool = null);

    /// <summary>The host as it is now, or null when it is not registered.</summary>
    [Alias("GetSnapshot"), AlwaysInterleave]
    Task<HostSnapshot?> GetSnapshot();

    /// <summary>What the host has reported lately, as far as <c>stats_retention_hours</c> keep it, the oldest first.</summary>
    /// <param name="span">How far back.</param>
    /// <param name="points">At most so many points: of more reports, every n-th.</param>
    [Alias("GetHistory"), AlwaysInterleave]
    Task<ImmutableArray<HistoryPoint>> GetHistory(TimeSpan span, int points);

    /// <summary>Brings a host back to life after a restart: its timers run from then on, and it hands its state to the index. False when it is not
    /// registered.</summary>
    [Alias("Wake")]
    Task<bool> Wake();

    /// <summary>A gateway could not connect to one of the host's endpoints. That endpoint is probed at once and then quickly until it is settled, so that
    /// what is down leaves routing without waiting for its next turn. Nothing happens when the host has no such endpoint (any more).</summary>
    [Alias("ReportUnreachable"), OneWay]
    Task ReportUnreachable(string endpointUrl);

    /// <summary>The host said in a response how busy it is. Counts as a report; changes only what it says of the latest one. Nothing happens when the host
    /// is not registered.</summary>
    [Alias("ReportUtilization"), OneWay]
    Task ReportUtilization(UtilizationReport report);

    /// <summary>Forgets the host, unless it registered or reported since the caller looked at it.</summary>
    /// <param name="registeredAt">The <see cref="HostSnapshot.RegisteredAt"/> that the caller saw.</param>
    /// <param name="reportSequence">The <see cref="HostSnapshot.ReportSequence"/> that the caller saw; <see cref="long.MaxValue"/> where reports do not
    /// matter.</param>
    /// <returns>Whether the host is not registered any more.</returns>
    [Alias("Retire")]
    Task<bool> Retire(long registeredAt, long reportSequence);

    /// <summary>Takes no new sessions any more; those that the host has stay until <paramref name="deadline"/> has passed, then they move. Durable when it
    /// returns.</summary>
    /// <param name="deadline">How long they may stay, from now; null = until they end by themselves.</param>
    /// <param name="isShutdown">Whether the host's own agent asks as it stops: what an operator decided stays then, and the agent's next registration ends the
    /// drain.</param>
    /// <returns>The host as it is then, or null when it is not registered.</returns>
    [Alias("Drain")]
    Task<HostSnapshot?> Drain(TimeSpan? deadline, bool isShutdown);

    /// <summary>Back in service, from a drain or from maintenance. Durable when it returns. Null when the host is not registered.</summary>
    [Alias("Undrain")]
    Task<HostSnapshot?> Undrain();

    /// <summary>Out of service at once: no new sessions, and those it has move at their next request. Durable when it returns. Null when the host is not
    /// registered.</summary>
    [Alias("BeginMaintenance")]
    Task<HostSnapshot?> BeginMaintenance();

    /// <summary>Takes the host out for good, with its sessions, reservations and history. False when it is not registered.</summary>
    [Alias("Remove")]
    Task<bool> Remove();
}
