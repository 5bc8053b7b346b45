using System.Collections.Immutable;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces;

namespace Opsen.Grains;

/// <summary>What the grains take from the configuration. One instance a silo, fixed for its life.</summary>
public sealed record GrainSettings
{
    /// <summary>Name of the grain storage that every grain uses.</summary>
    public const string StorageName = "opsen";

    /// <summary>The tiers, at most 64.</summary>
    public required ImmutableArray<TierSpec> Tiers { get; init; }

    /// <summary>Time without a report after which a host is stale.</summary>
    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Life of a reservation.</summary>
    public TimeSpan ReservationTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Time without use after which a session's assignment is dropped.</summary>
    public TimeSpan SessionTtl { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Whether a new tier of a known session prefers a host that the session already has.</summary>
    public bool SessionAffinity { get; init; } = true;

    /// <summary>Whether sessions leave a host that stays overloaded.</summary>
    public bool MoveOnOverload { get; init; } = true;

    /// <summary>Time in which a host that registered or recovered comes up to its full share of new sessions; zero = at once.</summary>
    public TimeSpan SlowStart { get; init; }

    /// <summary>Share of a pool's hosts, percent, of which more must be unhealthy at once for routing to ignore health; 0 = never.</summary>
    public int PanicThresholdPct { get; init; } = 50;

    /// <summary>Over which time agents average, for projected scores; null for classic ones.</summary>
    public TimeSpan? ProjectedWindow { get; init; }

    /// <summary>Whether there are more silos than this one: an index that was superseded makes room for its successor.</summary>
    public bool IsCluster { get; init; }

    /// <summary>Whether a session that cannot be stored is assigned all the same, and stored later.</summary>
    public bool AssignsUnstored { get; init; }

    /// <summary>Assignments of sessions that may be stored; 0 = no limit.</summary>
    public long MaxSessions { get; init; }

    /// <summary>Hosts that may be registered; 0 = no limit.</summary>
    public int MaxHosts { get; init; }

    /// <summary>Pools that the configuration names.</summary>
    public ImmutableArray<string> OwnPools { get; init; } = [];

    /// <summary>Other pools that hosts may name; 0 = no limit.</summary>
    public int MaxPools { get; init; }

    /// <summary>How hosts are probed; null = not at all.</summary>
    public HealthCheckSettings? HealthChecks { get; init; }

    /// <summary>Where hosts may be.</summary>
    public BackendNetworks Networks { get; init; } = BackendNetworks.Usual;
}

/// <summary>How hosts are probed.</summary>
public sealed record HealthCheckSettings
{
    /// <summary>GET of <see cref="Path"/> rather than a TCP connection.</summary>
    public bool UseHttp { get; init; }

    /// <summary>Path of an HTTP probe.</summary>
    public string Path { get; init; } = "/health";

    /// <summary>Time between probes of a host.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bound on one probe.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Failures in a row that make a host unhealthy.</summary>
    public int UnhealthyThreshold { get; init; } = 3;

    /// <summary>Successes in a row that make a host healthy.</summary>
    public int HealthyThreshold { get; init; } = 2;

    /// <summary>Accept any certificate.</summary>
    public bool SkipCertificateCheck { get; init; }
}
