using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Fleet;

/// <summary>One word for a host's state, for metrics and people: the first thing that keeps new sessions from it.</summary>
public static class HostStates
{
    /// <summary>Nothing does.</summary>
    public const string InService = "in_service";

    private const string NoReport = "no_report";
    private const string Stale = "stale";
    private const string Unhealthy = "unhealthy";
    private const string Draining = "draining";
    private const string Drained = "drained";
    private const string Maintenance = "maintenance";

    /// <summary>All of them.</summary>
    public static ImmutableArray<string> All { get; } = [InService, NoReport, Stale, Unhealthy, Draining, Drained, Maintenance];

    /// <summary>A host's state.</summary>
    public static string Of(HostSnapshot host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return !host.IsActive ? Stale
            : host.Health == HealthStatus.Unhealthy ? Unhealthy
            : host.Lifecycle switch
            {
                Lifecycle.InService => host.Load is null ? NoReport : InService,
                Lifecycle.Draining => Draining,
                Lifecycle.Drained => Drained,
                _ => Maintenance,
            };
    }
}
