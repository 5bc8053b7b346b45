using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;
using Opsen.Simulation.Model;

namespace Opsen.Simulation.Policies;

/// <summary>The product's own index, fed with reports and asked for hosts as the grain does it.</summary>
internal sealed class IndexPolicy(PlacementIndex index, IReadOnlyList<HostModel> hosts) : IPolicy
{
    private readonly Dictionary<string, HostModel> _hosts = hosts.ToDictionary(host => host.Id);
    private readonly HostSnapshot[] _snapshots = [.. hosts.Select(Register)];

    public HostModel? Place(Session session, double now)
    {
        index.TryGetTier(session.Class.Tier.Name, out var tier);
        if (index.Place(new PlacementQuery { Tier = tier }, Milliseconds(now), out var placement) != RouteOutcome.Routed)
        {
            return null;
        }

        session.Reservation = placement.ReservationId;
        session.Cards = placement.GpuIds.IsDefaultOrEmpty ? [] : [.. placement.GpuIds];
        return _hosts[placement.Host.ClientId];
    }

    public void Ended(Session session, HostModel host, double now) => index.Release(session.Reservation, Milliseconds(now));

    public void Reported(HostModel host, in HostReport report, double now)
    {
        ref var snapshot = ref _snapshots[host.Index];
        var (percent, vram, spec) = (report.CardPct, report.CardVramGb, host.Spec);
        snapshot = snapshot with
        {
            ReportSequence = snapshot.ReportSequence + 1,
            Load = new LoadReport
            {
                CpuUsage = ImmutableArray.Create(report.CpuPct),
                MemoryTotalGb = spec.MemoryGb,
                MemoryUsedGb = report.MemoryUsedGb,
                MemoryAvailableGb = report.MemoryAvailableGb,
                DiskTotalGb = 1000,
                DiskUsedGb = 100,
                DiskAvailableGb = 900,
                Gpus = spec.Cards == 0 ? [] : [.. Enumerable.Range(0, spec.Cards).Select(card => new GpuLoad
                {
                    DeviceId = card, Name = spec.Name, UtilizationPct = percent[card], MemoryUsedGb = vram[card], MemoryTotalGb = spec.VramGb,
                })],
            },
        };
        index.Upsert(snapshot, Milliseconds(now));
    }

    public void Changed(HostModel host, double now)
    {
        ref var snapshot = ref _snapshots[host.Index];
        snapshot = snapshot with { Health = host.IsUp ? HealthStatus.Healthy : HealthStatus.Unhealthy };
        index.Upsert(snapshot, Milliseconds(now));
    }

    private static long Milliseconds(double seconds) => (long)(seconds * 1000);

    private static HostSnapshot Register(HostModel host) => new()
    {
        Registration = new()
        {
            ClientId = host.Id,
            Pool = "default",
            TotalCpu = host.Spec.Cores,
            TotalMemoryGb = host.Spec.MemoryGb,
            TotalStorageGb = 1000,
            TotalGpus = host.Spec.Cards,
            Endpoints = [new($"http://{host.Id}:11000", [])],
        },
        IsActive = true,
        Health = HealthStatus.Healthy,
    };
}
