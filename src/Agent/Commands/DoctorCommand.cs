using System.Globalization;
using Opsen.Agent.Identity;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Commands;

/// <summary><c>opsen-agent doctor</c>: says what the agent sees, what it does not see and why, and whether the gateway takes its reports.</summary>
internal sealed class DoctorCommand(AgentOptions options, HostPaths paths, HostSensors sensors, OneReading reading, TextWriter output, TimeProvider time)
{
    private const double BytesPerGb = 1024.0 * 1024 * 1024;

    private readonly Findings _findings = new(output);

    /// <summary>Makes all checks.</summary>
    /// <param name="warnings">What the configuration warned of.</param>
    /// <param name="log">What the sensors logged while they were read.</param>
    /// <returns>0, or 1 when one came out bad.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> warnings, IReadOnlyCollection<string> log)
    {
        foreach (var warning in warnings)
        {
            _findings.Add(Verdict.Odd, "settings", warning);
        }

        var identity = CheckIdentity();
        await reading.TakeAsync();
        CheckHost();
        CheckDisk();
        CheckGpus(log);
        await new GatewayCheck(options, _findings, time).RunAsync(identity);
        await output.WriteLineAsync(_findings.BadCount == 0 ? "Nothing is wrong." : string.Create(CultureInfo.InvariantCulture, $"{_findings.BadCount} found that must be mended."));
        return _findings.BadCount == 0 ? 0 : 1;
    }

    private string? CheckIdentity()
    {
        if (options.ClientId.Length > 0)
        {
            _findings.Add(Verdict.Good, "identity", $"{options.ClientId}, by client_id");
            return options.ClientId;
        }

        var directories = StateDirectories.Candidates(options.StateDir, Environment.GetEnvironmentVariable);
        var (stored, path, problems) = new IdentityResolver(directories, IdentityResolver.EndpointOf(options), MachineFingerprint.Read(paths)).Look();
        foreach (var problem in problems)
        {
            _findings.Add(Verdict.Odd, "identity", problem);
        }

        _findings.Add(
            Verdict.Good, "identity", stored is null ? $"none yet: the first start makes one and keeps it in {string.Join(" or ", directories)}" : $"{stored}, kept in {path}");
        return stored;
    }

    private void CheckHost()
    {
        var where = paths.IsOnlyContainer
            ? "in a container, whose limits count; mount the host's /proc at /host/proc, or name it in HOST_PROC, to report the host"
            : $"of the host, from {paths.Proc}";
        var means = reading.Host.Read(TimeSpan.MaxValue);
        if (OperatingSystem.IsLinux())
        {
            _findings.Add(Verdict.Good, "scope", where);
        }

        if (means is null or { CoreCount: 0 })
        {
            _findings.Add(Verdict.Bad, "cores", $"cannot be read{(OperatingSystem.IsLinux() ? $"; {paths.Proc}/stat must be readable" : "")}");
        }
        else if (means.CpuUsage.Length == 0)
        {
            _findings.Add(Verdict.Bad, "cores", $"{means.CoreCount} cores whose counters stand still, as in some sandboxes; run the agent outside of it, or name the host's /proc in HOST_PROC");
        }
        else
        {
            _findings.Add(Verdict.Good, "cores", $"{means.CpuUsage.Length}{(options.Cores.Length > 0 ? $" ({options.Cores})" : "")}, {Number(means.CpuUsage.Average())} % used");
        }

        if (means is { MemoryTotalBytes: { } total, MemoryUsedBytesNow: { } used })
        {
            _findings.Add(Verdict.Good, "memory", $"{Number(total / BytesPerGb)} GB, {Number(used / BytesPerGb)} GB used");
        }
        else
        {
            _findings.Add(Verdict.Bad, "memory", $"cannot be read{(OperatingSystem.IsLinux() ? $"; {paths.Proc}/meminfo must be readable" : "")}");
        }

        if (OperatingSystem.IsLinux() && !sensors.Pressure.TryRead(out _))
        {
            _findings.Add(Verdict.Odd, "pressure", "is not told by this kernel; Linux 4.20 and newer tell it, some only when started with psi=1. Nothing depends on it");
        }
    }

    private void CheckDisk()
    {
        if (reading.Disk.Read() is { } disk)
        {
            _findings.Add(Verdict.Good, "disk", $"{sensors.Disk.Path}: {Number(disk.TotalBytes / BytesPerGb)} GB, {Number(disk.AvailableBytes / BytesPerGb)} GB available");
        }
        else
        {
            var why = sensors.Disk.TryRead(out _, out var error) ? "did not answer in time: a dead mount?" : error;
            _findings.Add(Verdict.Bad, "disk", $"{sensors.Disk.Path}: {why}. Set disk_path to a directory that exists");
        }
    }

    private void CheckGpus(IReadOnlyCollection<string> log)
    {
        var cards = reading.Gpus.Read();
        foreach (var card in cards)
        {
            var unknown = Unknown(card).ToList();
            _findings.Add(
                unknown.Count == 0 ? Verdict.Good : Verdict.Odd,
                $"GPU {card.Card.Index}",
                $"{card.Card.Name}, {card.Card.Uuid}{(unknown.Count == 0 ? "" : $"; the driver does not tell its {string.Join(", ", unknown)}")}");
        }

        foreach (var line in log)
        {
            _findings.Add(Verdict.Odd, "GPU", line);
        }

        if (cards.Count == 0 && OperatingSystem.IsLinux())
        {
            _findings.Add(Verdict.Good, "GPU", $"none of AMD or Intel with memory of its own under {paths.Sys}/class/drm");
        }
    }

    private static IEnumerable<string> Unknown(GpuMeans card)
    {
        if (card.UtilizationPct is null)
        {
            yield return "utilization (it counts as fully used)";
        }

        if (card.MemoryTotalBytes is null && !card.Newest.UsesHostMemory)
        {
            yield return "VRAM (it counts as having none)";
        }
        else if (card.MemoryUsedBytes is null && !card.Newest.UsesHostMemory)
        {
            yield return "use of VRAM (none counts as free)";
        }
    }

    private static string Number(double value) => value.ToString("F1", CultureInfo.InvariantCulture);
}
