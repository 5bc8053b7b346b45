using System.Buffers;
using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Placement;

/// <summary>The terms of a host's score that do not depend on the caller. What is not a number counts as full load, so that a score always is one.</summary>
/// <param name="MemoryPct">Memory used / total × 100; 0 without a report, 100 when it does not tell memory.</param>
/// <param name="GpuPct">Mean utilisation over all reported cards; 0 when there are none.</param>
/// <param name="LatencyMs">Smoothed probe latency.</param>
internal readonly record struct LoadTerms(double MemoryPct, double GpuPct, double LatencyMs)
{
    /// <summary>What GPU load counts beside the other terms.</summary>
    public const double GpuWeight = 1.5;

    /// <summary>What a reservation counts on a host at the begin of its slow start: as much as full load.</summary>
    public const double SlowStartWeight = 100;

    /// <summary>A core at or above this percentage is busy.</summary>
    public const double BusyPct = 80;

    private const double MaxLatencyMs = 1e6;
    private const int SmallHostCores = 256;

    /// <summary>The terms of a host as it is.</summary>
    public static LoadTerms Of(HostSnapshot host)
    {
        var latency = double.IsNaN(host.LatencyMs) ? MaxLatencyMs : Math.Clamp(host.LatencyMs, 0, MaxLatencyMs);
        if (host.Load is not { } load)
        {
            return new(0, 0, latency);
        }

        var gpu = 0d;
        foreach (var card in load.Gpus)
        {
            gpu += Percent(card.UtilizationPct);
        }

        var memory = load.MemoryTotalGb > 0 ? Percent(load.MemoryUsedGb / load.MemoryTotalGb * 100) : 100;
        return new(memory, load.Gpus.IsEmpty ? 0 : gpu / load.Gpus.Length, latency);
    }

    /// <summary>Score without distance: <c>avg_cpu + memory_pct + 1.5 × gpu_pct (tiers with a GPU) + latency_ms</c>.</summary>
    public double Sum(double averageCpu, bool withGpu) => averageCpu + MemoryPct + (withGpu ? GpuWeight * GpuPct : 0) + LatencyMs;

    /// <summary>How many cores are not busy.</summary>
    public static int CountFreeCores(ImmutableArray<double> cores)
    {
        var free = 0;
        foreach (var core in cores)
        {
            free += Percent(core) < BusyPct ? 1 : 0;
        }

        return free;
    }

    /// <summary>For every tier the mean of its <c>vcpu</c> least-loaded cores: of all cores when it asks for more, of one when it asks for none.
    /// 0 for a host without cores.</summary>
    public static void AverageCpu(ImmutableArray<double> cores, ReadOnlySpan<TierNeed> needs, Span<double> averages)
    {
        if (cores.IsEmpty)
        {
            averages.Clear();
            return;
        }

        var rented = cores.Length > SmallHostCores ? ArrayPool<double>.Shared.Rent(cores.Length) : null;
        var sums = rented is null ? stackalloc double[cores.Length] : rented.AsSpan(0, cores.Length);
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = Percent(cores[i]);
        }

        sums.Sort();
        for (var i = 1; i < sums.Length; i++)
        {
            sums[i] += sums[i - 1];
        }

        for (var tier = 0; tier < needs.Length; tier++)
        {
            var count = Math.Clamp(needs[tier].Vcpu, 1, sums.Length);
            averages[tier] = sums[count - 1] / count;
        }

        if (rented is not null)
        {
            ArrayPool<double>.Shared.Return(rented);
        }
    }

    /// <summary>A percentage that is one: what is not a number is full load.</summary>
    public static double Percent(double value) => double.IsNaN(value) ? 100 : Math.Clamp(value, 0, 100);
}
