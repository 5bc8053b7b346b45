using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>Makes a load report of a <see cref="UtilizationReport"/>: the latest report with the shares that were said, or for a host without one
/// a report of what it registered.</summary>
internal static class UtilizationLoad
{
    /// <summary>The report; null when the host neither reported nor registered cores and memory, so that nothing is known that a share could be of.</summary>
    public static LoadReport? Of(UtilizationReport utilization, HostSnapshot host, DateTimeOffset now)
    {
        if ((host.Load ?? OfTotals(host.Registration)) is not { } load)
        {
            return null;
        }

        if (utilization.Cpu is { } cpu)
        {
            load = load with { CpuUsage = [.. Enumerable.Repeat(Percent(cpu), load.CpuUsage.Length)] };
        }

        if (utilization.Memory is { } memory)
        {
            var used = load.MemoryTotalGb * Math.Clamp(memory, 0, 1);
            load = load with { MemoryUsedGb = used, MemoryAvailableGb = load.MemoryTotalGb - used };
        }

        if (utilization.Gpu is { } gpu)
        {
            load = load with { Gpus = [.. load.Gpus.Select(card => card with { UtilizationPct = Percent(gpu) })] };
        }

        return load with { Timestamp = now };
    }

    private static LoadReport? OfTotals(BackendRegistration registration) => registration is not { TotalCpu: > 0, TotalMemoryGb: > 0 }
        ? null
        : new LoadReport
        {
            CpuUsage = [.. Enumerable.Repeat(0.0, registration.TotalCpu)],
            MemoryTotalGb = registration.TotalMemoryGb,
            MemoryAvailableGb = registration.TotalMemoryGb,
            DiskTotalGb = registration.TotalStorageGb,
            DiskAvailableGb = registration.TotalStorageGb,
            Hostname = registration.Hostname,
        };

    private static double Percent(double share) => Math.Clamp(share, 0, 1) * 100;
}
