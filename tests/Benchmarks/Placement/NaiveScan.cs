using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Benchmarks.Placement;

/// <summary>What a decision costs without an index: filter and score every host, as fast as a plain loop goes.</summary>
internal static class NaiveScan
{
    private const double BusyPct = 80;

    public static HostSnapshot? Choose(HostSnapshot[] hosts, TierSpec tier, GeoPoint caller)
    {
        HostSnapshot? best = null;
        var lowest = double.PositiveInfinity;
        foreach (var host in hosts)
        {
            if (!host.TakesSessions || host.Load is not { } load || load.MemoryAvailableGb < tier.MemoryGb || load.DiskAvailableGb < tier.StorageGb)
            {
                continue;
            }

            var (free, average) = Cpu(load.CpuUsage, tier.Vcpu);
            if (free < tier.Vcpu)
            {
                continue;
            }

            var score = Distance(caller, host.Registration.Place) + average + (load.MemoryUsedGb / load.MemoryTotalGb * 100) + host.LatencyMs;
            if (score < lowest)
            {
                (best, lowest) = (host, score);
            }
        }

        return best;
    }

    private static (int Free, double Average) Cpu(ImmutableArray<double> cores, int vcpu)
    {
        Span<double> sorted = stackalloc double[cores.Length];
        cores.CopyTo(sorted);
        sorted.Sort();
        var (free, sum) = (0, 0d);
        for (var i = 0; i < sorted.Length; i++)
        {
            free += sorted[i] < BusyPct ? 1 : 0;
            sum += i < vcpu ? sorted[i] : 0;
        }

        return (free, sum / Math.Max(1, vcpu));
    }

    private static double Distance(GeoPoint a, GeoPoint b)
    {
        if (!a.IsKnown || !b.IsKnown)
        {
            return 0;
        }

        var latitude = Math.Sin(double.DegreesToRadians(b.Latitude - a.Latitude) / 2);
        var longitude = Math.Sin(double.DegreesToRadians(b.Longitude - a.Longitude) / 2);
        var cosines = Math.Cos(double.DegreesToRadians(a.Latitude)) * Math.Cos(double.DegreesToRadians(b.Latitude));
        return 2 * 6371 * Math.Asin(Math.Sqrt(Math.Min(1, (latitude * latitude) + (cosines * longitude * longitude))));
    }
}
