using System.Globalization;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Hosting.Admin;

/// <summary>What the fleet's hosts last reported, a series for each host. Values that an agent does not tell are left out.</summary>
internal sealed class FleetSeries(FleetViews fleets, TimeProvider time) : IHostSeriesSource
{
    /// <summary>Agents count a GB as 2^30 bytes.</summary>
    private const double BytesOfGb = 1L << 30;

    /// <inheritdoc/>
    public void Write(HostSeriesWriter writer)
    {
        var now = time.GetUtcNow();
        var hosts = fleets.All
            .SelectMany(fleet => fleet.Entries.Select(entry => new Host(entry.Snapshot, HostSeriesWriter.Labels(
                ("client_id", entry.Snapshot.ClientId), ("hostname", entry.Snapshot.Registration.Hostname), ("pool", fleet.Pool)))))
            .ToList();
        writer.Begin("opsen_host_state", "gauge", "1, with the first thing that keeps new sessions from the host as a label; in_service when nothing does");
        hosts.ForEach(host => writer.Add(host.Labels, 1, HostSeriesWriter.Labels(("state", HostStates.Of(host.Snapshot)))));
        Each("opsen_host_report_age_seconds", "Time since the host last registered or reported", host => Math.Max(0, (now - host.LastSeen).TotalSeconds));
        Each("opsen_host_probe_latency_seconds", "Smoothed latency of the health probes", static host => host.LastHealthCheck is null ? null : host.LatencyMs / 1000);
        EachLoad("opsen_host_cpu_cores", "Cores", static load => load.CpuUsage.Length);
        EachLoad("opsen_host_cpu_utilization_ratio", "Mean use of the cores over the agent's window, 0 to 1", static load => load.CpuUsage.Average() / 100,
            static load => !load.CpuUsage.IsEmpty);
        EachLoad("opsen_host_memory_total_bytes", "Memory", static load => load.MemoryTotalGb * BytesOfGb, HasMemory);
        EachLoad("opsen_host_memory_available_bytes", "Memory available to new sessions", static load => load.MemoryAvailableGb * BytesOfGb, HasMemory);
        EachLoad("opsen_host_disk_total_bytes", "Disk", static load => load.DiskTotalGb * BytesOfGb, HasDisk);
        EachLoad("opsen_host_disk_available_bytes", "Disk available to new sessions", static load => load.DiskAvailableGb * BytesOfGb, HasDisk);
        EachCard("opsen_host_gpu_utilization_ratio", "Use of the card, 0 to 1", static card => card.UtilizationPct / 100);
        EachCard("opsen_host_gpu_memory_total_bytes", "VRAM", static card => card.MemoryTotalGb * BytesOfGb, HasVram);
        EachCard("opsen_host_gpu_memory_used_bytes", "VRAM in use", static card => card.MemoryUsedGb * BytesOfGb, HasVram);

        void Each(string name, string help, Func<HostSnapshot, double?> value)
        {
            writer.Begin(name, "gauge", help);
            foreach (var host in hosts)
            {
                if (value(host.Snapshot) is { } known)
                {
                    writer.Add(host.Labels, known);
                }
            }
        }

        void EachLoad(string name, string help, Func<LoadReport, double> value, Func<LoadReport, bool>? isKnown = null) =>
            Each(name, help, host => host.Load is { } load && isKnown?.Invoke(load) != false ? value(load) : null);

        void EachCard(string name, string help, Func<GpuLoad, double> value, Func<GpuLoad, bool>? isKnown = null)
        {
            writer.Begin(name, "gauge", help);
            foreach (var host in hosts)
            {
                foreach (var card in host.Snapshot.Load?.Gpus ?? [])
                {
                    if (isKnown?.Invoke(card) != false)
                    {
                        writer.Add(host.Labels, value(card), HostSeriesWriter.Labels(("gpu", card.DeviceId.ToString(CultureInfo.InvariantCulture))));
                    }
                }
            }
        }
    }

    private static bool HasMemory(LoadReport load) => load.MemoryTotalGb > 0;

    private static bool HasDisk(LoadReport load) => load.DiskTotalGb > 0;

    private static bool HasVram(GpuLoad card) => card.MemoryTotalGb > 0;

    private readonly record struct Host(HostSnapshot Snapshot, byte[] Labels);
}
