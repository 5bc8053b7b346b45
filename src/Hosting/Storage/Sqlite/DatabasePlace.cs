namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>
/// Where a database file lies. SQLite keeps a log and Opsen a lock beside the file; where one file is reached under several directories those differ, so two
/// processes would each have a log and a lock of their own, and damage the file.
/// </summary>
internal static class DatabasePlace
{
    private const string Mounts = "/proc/self/mountinfo";

    /// <summary>What is wrong with the file's place and how to fix it; null if nothing is, or if the system does not say.</summary>
    public static string? Problem(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        if (FileIdentity.CountNames(path) > 1)
        {
            return $"The database {path} has a second name (a hard link): what lies beside one name is not seen beside the other. Remove one of them, or use a symbolic link.";
        }

        return File.Exists(Mounts) ? MountProblem(path, File.ReadLines(Mounts)) : null;
    }

    /// <summary>As <see cref="Problem"/>, for the mounts alone.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mounts">Lines of <c>mountinfo</c> (proc_pid_mountinfo(5)).</param>
    internal static string? MountProblem(string path, IEnumerable<string> mounts)
    {
        Mount? nearest = null;
        foreach (var mount in mounts.Select(Parse).OfType<Mount>())
        {
            // A later mount at the same place covers the earlier one.
            if (Contains(mount.Point, path) && mount.Point.Length >= (nearest?.Point.Length ?? 0))
            {
                nearest = mount;
            }
        }

        return nearest switch
        {
            null => null,
            _ when nearest.Point == path => $"The database {path} is mounted as a single file, so its log and its lock are not beside it: mount its directory instead.",
            _ when HasOnlyLocalLocks(nearest) =>
                $"The database {path} is on a network file system ({nearest.Type}) that is mounted with locks of this machine only ({nearest.Options}): another machine could decide over it too. Mount it with working locks, or put it on a local file system.",
            _ => null,
        };
    }

    private static bool HasOnlyLocalLocks(Mount mount)
    {
        var options = mount.Options.Split(',');
        return (mount.Type.StartsWith("nfs", StringComparison.Ordinal) && options.Any(option => option is "nolock" or "local_lock=all" or "local_lock=posix"))
            || (mount.Type is "cifs" or "smb3" && options.Contains("nobrl"));
    }

    private static bool Contains(string point, string path) =>
        path.StartsWith(point, StringComparison.Ordinal) && (point.EndsWith('/') || path.Length == point.Length || path[point.Length] == '/');

    private static Mount? Parse(string line)
    {
        // id parent device root point options [optional…] - type source options
        var (left, right) = line.IndexOf(" - ", StringComparison.Ordinal) is > 0 and var dash ? (line[..dash].Split(' '), line[(dash + 3)..].Split(' '))
            : ([], []);
        return left.Length >= 6 && right.Length >= 3 ? new Mount(Unescape(left[4]), right[0], right[2]) : null;
    }

    /// <summary>Decodes the octal escapes of blanks, tabs, line breaks and backslashes (proc_pid_mountinfo(5)).</summary>
    private static string Unescape(string text) =>
        text.Replace(@"\040", " ", StringComparison.Ordinal).Replace(@"\011", "\t", StringComparison.Ordinal)
            .Replace(@"\012", "\n", StringComparison.Ordinal).Replace(@"\134", @"\", StringComparison.Ordinal);

    private sealed record Mount(string Point, string Type, string Options);
}
