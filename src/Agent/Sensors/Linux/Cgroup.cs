using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Sensors.Linux;

/// <summary>
/// The control groups of this process, from its own up to the root of what is seen: their limits are what a program in this container may use at most.
/// Version 2 has one tree, version 1 one for each resource. Files that come into being later are not seen.
/// </summary>
internal sealed class Cgroup : IDisposable
{
    // Version 1 says this, a page less than the greatest number, when there is no limit.
    private const long Unlimited = 0x7FFF_FFFF_FFFF_0000;

    private static readonly string[] CpusetNames = ["cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"];

    private readonly List<NumberFile> _quotas;
    private readonly List<NumberFile> _periods;
    private readonly NumberFile? _usage;
    private readonly List<NumberFile> _limits;
    private readonly NumberFile? _used;
    private readonly NumberFile? _inactive;
    private readonly string? _cpuset;
    private readonly bool _isUnified;

    private Cgroup(bool isUnified, Func<string, IReadOnlyList<string>> folders)
    {
        _isUnified = isUnified;
        _quotas = All(folders("cpu"), isUnified ? "cpu.max" : "cpu.cfs_quota_us");
        _periods = isUnified ? [] : All(folders("cpu"), "cpu.cfs_period_us");
        _usage = isUnified ? First(folders("cpu"), "cpu.stat", "usage_usec") : First(folders("cpuacct"), "cpuacct.usage");
        _limits = All(folders("memory"), isUnified ? "memory.max" : "memory.limit_in_bytes");
        _used = First(folders("memory"), isUnified ? "memory.current" : "memory.usage_in_bytes");
        _inactive = First(folders("memory"), "memory.stat", isUnified ? "inactive_file" : "total_inactive_file");
        _cpuset = CpusetNames.SelectMany(name => Existing(folders("cpuset"), name)).FirstOrDefault();
    }

    /// <summary>The groups of this process; null when none is seen.</summary>
    public static Cgroup? Find(HostPaths paths)
    {
        var root = Path.Join(paths.Sys, "fs", "cgroup");
        var own = ReadOwn(Path.Join(paths.Proc, "self", "cgroup"));
        if (File.Exists(Path.Join(root, "cgroup.controllers")))
        {
            return new Cgroup(isUnified: true, _ => Chain(root, own.GetValueOrDefault("", "/")));
        }

        return Directory.Exists(Path.Join(root, "memory")) || Directory.Exists(Path.Join(root, "cpu"))
            ? new Cgroup(isUnified: false, controller => Chain(Path.Join(root, controller), own.GetValueOrDefault(controller, "/")))
            : null;
    }

    /// <summary>The cores that may be used by quota, such as 2.5; null = no quota.</summary>
    public double? Cores()
    {
        var cores = double.PositiveInfinity;
        for (var i = 0; i < _quotas.Count; i++)
        {
            var pair = _isUnified ? _quotas[i].ReadPair()
                : i < _periods.Count && _quotas[i].Read() is { } quota && _periods[i].Read() is { } period ? (quota, period)
                : null;
            if (pair is { First: > 0, Second: > 0 } limit)
            {
                cores = Math.Min(cores, (double)limit.First / limit.Second);
            }
        }

        return double.IsInfinity(cores) ? null : cores;
    }

    /// <summary>The cores that may be used at all; null = every one.</summary>
    public IReadOnlySet<int>? CoreIds() =>
        TryReadText(_cpuset)?.Trim() is { Length: > 0 } list && CoreList.TryParse(list, out var cores) ? cores.ToHashSet() : null;

    /// <summary>Time that the group has worked, µs; null when it is not counted.</summary>
    public long? UsageMicroseconds() => _isUnified ? _usage?.Read() : _usage?.Read() / 1000;

    /// <summary>The least memory limit, bytes; null = none.</summary>
    public long? MemoryLimit()
    {
        long? least = null;
        foreach (var file in _limits)
        {
            if (file.Read() is { } limit and > 0 and < Unlimited)
            {
                least = Math.Min(least ?? limit, limit);
            }
        }

        return least;
    }

    /// <summary>Memory that the group uses and could not give back at once, bytes: page cache that was not used lately does not count.</summary>
    public long? MemoryUsed() => _used?.Read() is { } used ? Math.Max(0, used - (_inactive?.Read() ?? 0)) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in (NumberFile?[])[.. _quotas, .. _periods, .. _limits, _usage, _used, _inactive])
        {
            file?.Dispose();
        }
    }

    // "0::/path" of version 2 has no controller, "5:cpu,cpuacct:/path" of version 1 has some.
    private static Dictionary<string, string> ReadOwn(string file)
    {
        var own = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in (TryReadText(file) ?? "").Split('\n'))
        {
            if (line.Split(':', 3) is [_, var controllers, var path])
            {
                foreach (var controller in controllers.Split(','))
                {
                    _ = own.TryAdd(controller, path);
                }
            }
        }

        return own;
    }

    // The group's folder and those above it, the group's own first. In a container the path may be the host's, and what is seen is the group at the root.
    private static List<string> Chain(string root, string path)
    {
        var folders = new List<string>();
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(static part => part != "..").ToList();
        for (; parts.Count > 0; parts.RemoveAt(parts.Count - 1))
        {
            folders.Add(Path.Join([root, .. parts]));
        }

        return [.. folders.Where(Directory.Exists), root];
    }

    private static IEnumerable<string> Existing(IReadOnlyList<string> folders, string file) =>
        folders.Select(folder => Path.Join(folder, file)).Where(File.Exists);

    private static List<NumberFile> All(IReadOnlyList<string> folders, string file) => [.. Existing(folders, file).Select(static path => new NumberFile(path))];

    private static NumberFile? First(IReadOnlyList<string> folders, string file, string field = "") =>
        Existing(folders, file).FirstOrDefault() is { } path ? new NumberFile(path, field) : null;

    private static string? TryReadText(string? path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A controller that is not delegated says nothing, which is what a missing file says too.
            return null;
        }
    }
}
