using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.DecisionLogs;

/// <summary>What the hosts of a log reported, over time.</summary>
internal sealed class HostLoads
{
    private readonly Dictionary<string, Reports> _hosts = new(StringComparer.Ordinal);

    /// <summary>Notes a state; one that has no new report changes nothing.</summary>
    public void Note(HostSnapshot host, long ms)
    {
        if (host.Load is not { } load)
        {
            return;
        }

        if (!_hosts.TryGetValue(host.ClientId, out var reports))
        {
            _hosts.Add(host.ClientId, reports = new());
        }

        if (reports.Sequence != host.ReportSequence || reports.Times.Count == 0)
        {
            reports.Sequence = host.ReportSequence;
            reports.Times.Add(ms);
            reports.Sums.Add(reports.Sums[^1] + BusiestOf(load));
        }
    }

    /// <summary>Mean load over the reports after one time, up to and with another: percent of the host's busiest resource. Null when there was none.</summary>
    public double? Mean(string clientId, long after, long upTo)
    {
        if (!_hosts.TryGetValue(clientId, out var reports))
        {
            return null;
        }

        var (first, end) = (reports.FirstAfter(after), reports.FirstAfter(upTo));
        return end > first ? (reports.Sums[end] - reports.Sums[first]) / (end - first) : null;
    }

    /// <summary>Cores, memory, or cards by utilisation or VRAM, whichever is most in use on average over the host; percent.</summary>
    public static double BusiestOf(LoadReport load)
    {
        var busiest = load.CpuUsage.IsDefaultOrEmpty ? 0 : load.CpuUsage.Average();
        busiest = Math.Max(busiest, load.MemoryTotalGb > 0 ? 100 * (1 - (load.MemoryAvailableGb / load.MemoryTotalGb)) : 0);
        if (!load.Gpus.IsDefaultOrEmpty)
        {
            busiest = Math.Max(busiest, load.Gpus.Average(static card => card.UtilizationPct));
            busiest = Math.Max(busiest, load.Gpus.Average(static card => card.MemoryTotalGb > 0 ? 100 * card.MemoryUsedGb / card.MemoryTotalGb : 0));
        }

        return busiest;
    }

    private sealed class Reports
    {
        public long Sequence { get; set; }

        public List<long> Times { get; } = [];

        /// <summary>Sum of the first n loads at n.</summary>
        public List<double> Sums { get; } = [0];

        public int FirstAfter(long ms)
        {
            var (low, high) = (0, Times.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = Times[middle] <= ms ? (middle + 1, high) : (low, middle);
            }

            return low;
        }
    }
}
