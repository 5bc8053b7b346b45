using System.Collections.Immutable;
using System.Globalization;
using Opsen.Gateway.Requests;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Ingest;

/// <summary>Checks a load report. Values off by rounding are clamped; impossible ones are refused. Cores, memory or disk that are left out are not known: the
/// host gets no session that needs them.</summary>
internal sealed class LoadReportReader(TimeProvider time)
{
    /// <summary>Utilization assumed for a card that reports none (partitioned or failing), %: it must not look idle.</summary>
    private const double UnknownUtilizationPct = 100;

    /// <summary>How far a percentage may be off, points.</summary>
    private const double PercentSlack = 0.5;

    /// <summary>How far a part may be above its total, as a share of it: the two are read one after the other.</summary>
    private const double PartSlack = 0.01;

    /// <summary>How far below zero a difference of two equal amounts may come out, as a share of the total.</summary>
    private const double ZeroSlack = 1e-6;

    /// <summary>The report, or null when <paramref name="checks"/> has found a mistake.</summary>
    public LoadReport? Read(StatsRequest request, FieldChecks checks)
    {
        var cpu = ReadCpu(request, checks);
        var memory = ReadAmounts("memory", request.MemoryTotalGb, request.MemoryUsedGb, request.MemoryAvailGb, checks);
        var disk = ReadAmounts("disk", request.DiskTotalGb, request.DiskUsedGb, request.DiskAvailGb, checks);
        var report = new LoadReport
        {
            Timestamp = request.Timestamp ?? time.GetUtcNow(),
            Hostname = checks.Text("hostname", request.Hostname, IngestLimits.Hostname),
            CpuUsage = cpu,
            MemoryTotalGb = memory.Total,
            MemoryUsedGb = memory.Used,
            MemoryAvailableGb = memory.Available,
            DiskTotalGb = disk.Total,
            DiskUsedGb = disk.Used,
            DiskAvailableGb = disk.Available,
            Gpus = ReadGpus(request.Gpus ?? [], checks),
        };
        if (cpu.IsEmpty && report is { MemoryTotalGb: 0, DiskTotalGb: 0 })
        {
            checks.Refuse("cpu_usage_avg", "is required in a report that tells neither memory nor disk: one percentage for each core");
        }

        return checks.Passed ? report : null;
    }

    private static ImmutableArray<double> ReadCpu(StatsRequest request, FieldChecks checks)
    {
        // The reference's agent has none in its first report when it reports each second.
        var usage = request.CpuUsageAvg ?? [];
        if (!checks.IsShort("cpu_usage_avg", usage, IngestLimits.Cores))
        {
            return [];
        }

        if (request.CpuCores is { } cores && cores != usage.Count && !(usage.Count == 0 && cores >= 0))
        {
            checks.Refuse("cpu_cores", $"must be the number of entries of cpu_usage_avg, which is {usage.Count}; it is {cores}");
        }

        var percentages = ImmutableArray.CreateBuilder<double>(usage.Count);
        for (var i = 0; i < usage.Count; i++)
        {
            percentages.Add(IsPercent(usage[i]) ? ClampPercent(usage[i]) : RefusePercent($"cpu_usage_avg[{i}]", usage[i], checks));
        }

        return percentages.MoveToImmutable();
    }

    private static Amounts ReadAmounts(string resource, double? total, double? used, double? available, FieldChecks checks)
    {
        var field = $"{resource}_total_gb";
        if (total is null && used is null && available is null)
        {
            return default;
        }

        if (total is not > 0)
        {
            checks.Refuse(field, total is null ? $"is required with {resource}_used_gb and {resource}_avail_gb" : "must be more than 0");
            return default;
        }

        var whole = checks.Amount(field, total, 0, IngestLimits.Gigabytes);
        if (used is null && available is null)
        {
            checks.Refuse($"{resource}_used_gb", $"or {resource}_avail_gb is required");
            return default;
        }

        return new Amounts(
            whole,
            ReadPart($"{resource}_used_gb", used ?? (whole - available!.Value), whole, checks),
            ReadPart($"{resource}_avail_gb", available ?? (whole - used!.Value), whole, checks));
    }

    private static ImmutableArray<GpuLoad> ReadGpus(IReadOnlyList<GpuStats?> gpus, FieldChecks checks)
    {
        if (!checks.IsShort("gpus", gpus, IngestLimits.Gpus))
        {
            return [];
        }

        var loads = ImmutableArray.CreateBuilder<GpuLoad>(gpus.Count);
        var seen = new HashSet<int>(gpus.Count);
        for (var i = 0; i < gpus.Count; i++)
        {
            var field = $"gpus[{i}]";
            if (gpus[i] is not { } gpu)
            {
                checks.Refuse(field, "must be an object");
                continue;
            }

            var load = ReadGpu(field, gpu, i, checks);
            if (!seen.Add(load.DeviceId))
            {
                checks.Refuse($"{field}.device_id", $"must differ from those of the other cards, {load.DeviceId} comes twice");
            }

            loads.Add(load);
        }

        return loads.ToImmutable();
    }

    /// <summary>Reads one card. A card without an id has that of its place in the list; one that tells no VRAM has none, and one that does
    /// not tell what is used of it has none free.</summary>
    private static GpuLoad ReadGpu(string field, GpuStats gpu, int position, FieldChecks checks)
    {
        var total = checks.Amount($"{field}.memory_total_gb", gpu.MemoryTotalGb, 0, IngestLimits.Gigabytes);
        var utilization = gpu.UtilizationPct ?? UnknownUtilizationPct;
        return new GpuLoad
        {
            DeviceId = checks.Count($"{field}.device_id", gpu.DeviceId ?? position, IngestLimits.DeviceId),
            Name = checks.Text($"{field}.name", gpu.Name, IngestLimits.GpuModel),
            UtilizationPct = IsPercent(utilization) ? ClampPercent(utilization) : RefusePercent($"{field}.utilization_pct", utilization, checks),
            MemoryTotalGb = total,
            MemoryUsedGb = gpu.MemoryTotalGb is null ? 0 : ReadPart($"{field}.memory_used_gb", gpu.MemoryUsedGb ?? total, total, checks),
            TemperatureC = checks.Amount($"{field}.temperature_c", gpu.TemperatureC, double.MinValue, double.MaxValue),
            PowerDrawW = checks.Amount($"{field}.power_draw_w", gpu.PowerDrawW, double.MinValue, double.MaxValue),
            Uuid = checks.Text($"{field}.uuid", gpu.Uuid, IngestLimits.GpuModel) is { Length: > 0 } uuid ? uuid : null,
        };
    }

    private static double ReadPart(string field, double part, double total, FieldChecks checks)
    {
        if (!(part >= -ZeroSlack * total && part <= (1 + PartSlack) * total))
        {
            checks.Refuse(field, string.Create(CultureInfo.InvariantCulture, $"must be from 0 to the total of {total}, it is {part}"));
            return 0;
        }

        return Math.Clamp(part, 0, total);
    }

    private static bool IsPercent(double value) => value is >= -PercentSlack and <= 100 + PercentSlack;

    private static double ClampPercent(double value) => Math.Clamp(value, 0, 100);

    private static double RefusePercent(string field, double value, FieldChecks checks)
    {
        checks.Refuse(field, string.Create(CultureInfo.InvariantCulture, $"must be a percentage from 0 to 100, it is {value}"));
        return 0;
    }

    private readonly record struct Amounts(double Total, double Used, double Available);
}
