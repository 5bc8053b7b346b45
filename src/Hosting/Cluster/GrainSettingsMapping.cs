using Opsen.Grains;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Cluster;

/// <summary>Takes from the configuration what the grains need.</summary>
public static class GrainSettingsMapping
{
    /// <summary>Makes the grains' settings.</summary>
    public static GrainSettings ToGrainSettings(this ServerOptions options) => new()
    {
        Tiers = [.. options.Tiers.Select(ToSpec)],
        StaleAfter = TimeSpan.FromMinutes(options.StaleMinutes),
        ReservationTimeout = TimeSpan.FromSeconds(options.PendingAllocationTimeoutSeconds),
        SessionTtl = TimeSpan.FromMinutes(options.StickyTtlMinutes),
        SessionAffinity = options.StickyAffinityEnabled,
        MoveOnOverload = options.StickyOnOverload == StickyOnOverload.Move,
        SlowStart = TimeSpan.FromSeconds(options.SlowStartSeconds),
        PanicThresholdPct = options.PanicThresholdPct,
        ProjectedWindow = options.Scoring == Scoring.Projected ? TimeSpan.FromMinutes(options.ScoringWindowMinutes) : null,
        IsCluster = options.Cluster == ClusterMode.Postgres,
        AssignsUnstored = options.Cluster == ClusterMode.Postgres && options.StickyDurability == StickyDurability.Relaxed,
        MaxSessions = options.MaxSessions,
        MaxHosts = options.MaxHosts,
        OwnPools = [options.Pool, .. options.Pools],
        MaxPools = options.MaxPools,
        Networks = options.ToBackendNetworks(),
        HealthChecks = options.HealthCheckEnabled
            ? new HealthCheckSettings
            {
                UseHttp = options.HealthCheckType == HealthCheckType.Http,
                Path = options.HealthCheckPath,
                Interval = TimeSpan.FromSeconds(options.HealthCheckIntervalSeconds),
                Timeout = TimeSpan.FromSeconds(options.HealthCheckTimeoutSeconds),
                UnhealthyThreshold = options.HealthCheckUnhealthyThreshold,
                HealthyThreshold = options.HealthCheckHealthyThreshold,
                SkipCertificateCheck = options.TlsInsecureSkipVerify,
            }
            : null,
    };

    /// <summary>Reads <c>allowed_backend_networks</c>, which the configuration has checked.</summary>
    public static BackendNetworks ToBackendNetworks(this ServerOptions options) => new(
    [
        .. options.AllowedBackendNetworks.Select(static text => AddressRange.TryParse(text, out var range)
            ? range : throw new FormatException($"allowed_backend_networks: '{text}' is no address and no range.")),
    ]);

    private static TierSpec ToSpec(TierOptions tier) => new()
    {
        Name = tier.Name,
        Vcpu = tier.Vcpu,
        MemoryGb = tier.MemoryGb,
        StorageGb = tier.StorageGb,
        Gpu = tier.Gpu,
        GpuMemoryGb = tier.GpuMemoryGb,
        EndsWithRequest = tier.Reservation == TierReservation.Request,
        MaxWait = TimeSpan.FromSeconds(tier.MaxWaitSeconds),
    };
}
