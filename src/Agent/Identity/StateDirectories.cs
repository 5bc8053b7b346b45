namespace Opsen.Agent.Identity;

/// <summary>Where the agent may keep its id, the best place first.</summary>
internal static class StateDirectories
{
    private const string Name = "opsen-agent";

    /// <summary>The configured directory alone, else the places that the system gives to services and to users.</summary>
    /// <param name="configured"><c>state_dir</c>; empty = not set.</param>
    /// <param name="environment">Reads an environment variable.</param>
    public static IReadOnlyList<string> Candidates(string configured, Func<string, string?> environment)
    {
        if (configured.Length > 0)
        {
            return [configured];
        }

        // systemd sets it from StateDirectory=; several directories are separated by colons.
        if (environment("STATE_DIRECTORY") is { Length: > 0 } ofService)
        {
            return [ofService.Split(':')[0]];
        }

        if (OperatingSystem.IsWindows())
        {
            return [Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "Opsen")];
        }

        var ofUser = environment("XDG_STATE_HOME") is { Length: > 0 } home
            ? home
            : Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return [$"/var/lib/{Name}", Path.Join(ofUser, Name)];
    }
}
