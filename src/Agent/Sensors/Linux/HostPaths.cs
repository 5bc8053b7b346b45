namespace Opsen.Agent.Sensors.Linux;

/// <summary>
/// Where the host's own files are seen from here. In a container they are mounted elsewhere, and the variables that name the places are the ones
/// that other agents use too (<c>HOST_PROC</c>, <c>HOST_SYS</c>, <c>HOST_ROOT</c>, <c>HOST_ETC</c>).
/// </summary>
/// <param name="Proc">The host's <c>/proc</c>.</param>
/// <param name="Root">The host's <c>/</c>.</param>
/// <param name="Etc">The host's <c>/etc</c>; null when only a container's own is seen.</param>
internal sealed record HostPaths(string Proc, string Root, string? Etc)
{
    private const string MountedProc = "/host/proc";
    private const string MountedSys = "/host/sys";
    private const string MountedRoot = "/host/root";
    private const int MaxLinks = 40;

    /// <summary>The host's <c>/sys</c>.</summary>
    public string Sys { get; init; } = "/sys";

    /// <summary>Whether the agent is in a container and sees only that: what it may use is then its own limits rather than the host's.</summary>
    public bool IsOnlyContainer { get; init; }

    /// <summary>Finds the places from the environment, then at the usual mount points.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    public static HostPaths Find(Func<string, string?> environment)
    {
        var proc = NonEmpty(environment("HOST_PROC")) ?? (File.Exists($"{MountedProc}/stat") ? MountedProc : "/proc");
        var sys = NonEmpty(environment("HOST_SYS")) ?? (Directory.Exists($"{MountedSys}/class") ? MountedSys : "/sys");
        var root = NonEmpty(environment("HOST_ROOT")) ?? (Directory.Exists(MountedRoot) ? MountedRoot : "/");
        var etc = NonEmpty(environment("HOST_ETC")) ?? EtcUnder(root, environment);
        return new HostPaths(proc, root, etc) { Sys = sys, IsOnlyContainer = proc == "/proc" && IsContainer(environment) };
    }

    /// <summary>Where a path of the host is seen from here. Links in it are followed inside of the host's tree, where absolute ones would leave it.</summary>
    public string OnHost(string path) => Root == "/" ? path : Follow(path);

    private string Follow(string path)
    {
        var parts = new Stack<string>(Split(path).Reverse());
        var found = new List<string>();
        for (var links = 0; parts.TryPop(out var part);)
        {
            if (part == "..")
            {
                found = [.. found.SkipLast(1)];
                continue;
            }

            var target = links < MaxLinks ? new FileInfo(Path.Join([Root, .. found, part])).LinkTarget : null;
            if (target is null)
            {
                found.Add(part);
                continue;
            }

            links++;
            found = target.StartsWith('/') ? [] : found;
            foreach (var step in Split(target).Reverse())
            {
                parts.Push(step);
            }
        }

        return Path.Join([Root, .. found]);
    }

    private static IEnumerable<string> Split(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(static part => part != ".");

    // The /etc of a container belongs to its image: what it says about the machine is true of every container made from it.
    private static string? EtcUnder(string root, Func<string, string?> environment) =>
        root == "/" && IsContainer(environment) ? null : Path.Join(root, "etc");

    private static bool IsContainer(Func<string, string?> environment) =>
        File.Exists("/.dockerenv") || File.Exists("/run/.containerenv") || environment("KUBERNETES_SERVICE_HOST") is not null
        || NonEmpty(environment("container")) is not null;

    private static string? NonEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
