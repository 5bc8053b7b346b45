using System.Collections.Immutable;

namespace Opsen.Grains.Interfaces.Backends;

/// <summary>Result of the active probes of a host.</summary>
[GenerateSerializer, Alias("opsen.HealthStatus")]
public enum HealthStatus
{
    /// <summary>Not yet settled; the host is routed to.</summary>
    Unknown,

    /// <summary>Probes succeed.</summary>
    Healthy,

    /// <summary>Probes fail; the host is not routed to.</summary>
    Unhealthy,
}

/// <summary>What an operator decided about a host.</summary>
[GenerateSerializer, Alias("opsen.Lifecycle")]
public enum Lifecycle
{
    /// <summary>In service.</summary>
    InService,

    /// <summary>No new sessions; those it has stay.</summary>
    Draining,

    /// <summary>The drain's deadline has passed: its sessions move.</summary>
    Drained,

    /// <summary>Out of service at once: no new sessions, and those it has move.</summary>
    Maintenance,
}

/// <summary>Everything that routing needs to know of one host at one moment. Published by its grain, never changed.</summary>
[GenerateSerializer, Immutable, Alias("opsen.HostSnapshot")]
public sealed record HostSnapshot
{
    /// <summary>What the host registered.</summary>
    [Id(0)]
    public required BackendRegistration Registration { get; init; }

    /// <summary>Latest report; null before the first.</summary>
    [Id(1)]
    public LoadReport? Load { get; init; }

    /// <summary>Counts the host's reports, so that "two reports in a row" can be told from one report seen twice.</summary>
    [Id(2)]
    public long ReportSequence { get; init; }

    /// <summary>Whether the host registered or reported within <c>stale_minutes</c>.</summary>
    [Id(3)]
    public bool IsActive { get; init; }

    /// <summary>Last registration or report, by the silo's clock. For people; nothing is decided by it.</summary>
    [Id(4)]
    public DateTimeOffset LastSeen { get; init; }

    /// <summary>Outcome of the probes.</summary>
    [Id(5)]
    public HealthStatus Health { get; init; }

    /// <summary>Smoothed probe latency, ms; 0 when health checks are off.</summary>
    [Id(6)]
    public double LatencyMs { get; init; }

    /// <summary>Last probe; null before the first.</summary>
    [Id(7)]
    public DateTimeOffset? LastHealthCheck { get; init; }

    /// <summary>What an operator decided.</summary>
    [Id(8)]
    public Lifecycle Lifecycle { get; init; }

    /// <summary>When this identity registered with this endpoint (UTC ticks): of two hosts with one endpoint the later keeps it.</summary>
    [Id(9)]
    public long RegisteredAt { get; init; }

    /// <summary>Grows when the host loses its sessions, because it became unhealthy or was removed: assignments made under a lower one are void.</summary>
    [Id(10)]
    public long AffinityEpoch { get; init; }

    /// <summary>URLs of endpoints that do not serve while others of the host do: only paths of these leave the host. Empty when all serve, and when the host
    /// as a whole is <see cref="HealthStatus.Unhealthy"/>.</summary>
    [Id(11)]
    public ImmutableArray<string> DownEndpoints { get; init; } = [];

    /// <summary>When <see cref="Lifecycle.Draining"/> becomes <see cref="Lifecycle.Drained"/>; null when sessions stay until they end, and in every other
    /// state. For people and for restarts: a running silo counts by its monotonic clock.</summary>
    [Id(20)]
    public DateTimeOffset? DrainDeadline { get; init; }

    /// <summary>Whether the host's own agent asked for the drain as it stopped: the next registration ends it.</summary>
    [Id(21)]
    public bool IsShutdownDrain { get; init; }

    /// <summary>Share of the slow start that is still ahead, 1 at its begin to 0 at its end; 0 when there is none.</summary>
    [Id(22)]
    public double SlowStartLeft { get; init; }

    /// <summary>Whether the pool is in panic, so that this host's failed probes do not count. Only the index sets it.</summary>
    [Id(23)]
    public bool IgnoresHealth { get; init; }

    /// <summary>The host's identity.</summary>
    public string ClientId => Registration.ClientId;

    /// <summary>Whether the host's probes fail and that counts.</summary>
    public bool IsRefusedForHealth => Health == HealthStatus.Unhealthy && !IgnoresHealth;

    /// <summary>Whether sessions that the host already has may stay: it is active, not unhealthy, not past a drain's deadline and not in maintenance.</summary>
    public bool KeepsSessions => IsActive && !IsRefusedForHealth && Lifecycle is (Lifecycle.InService or Lifecycle.Draining);

    /// <summary>Whether new sessions may be placed on it, as far as resources allow.</summary>
    public bool TakesSessions => KeepsSessions && Lifecycle == Lifecycle.InService && Load is not null;
}
