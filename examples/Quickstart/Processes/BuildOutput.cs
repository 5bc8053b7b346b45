namespace Opsen.Examples.Quickstart.Processes;

/// <summary>Finds the programs of this repository where the build puts them.</summary>
internal static class BuildOutput
{
    private const string Marker = "Opsen.sln";

    /// <summary>Root of the repository that this program was built in.</summary>
    public static string RepositoryRoot { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>Full path of a program, built with the same configuration as the running one.</summary>
    /// <param name="project">Folder of its project, relative to the repository root.</param>
    /// <param name="program">Its file name without extension.</param>
    /// <exception cref="FileNotFoundException">It is not built.</exception>
    public static string Find(string project, string program) => Find(RepositoryRoot, project, program);

    /// <summary>Full path of a program of any clone, built with the same configuration as the running one.</summary>
    /// <param name="root">Root of the clone.</param>
    /// <param name="project">Folder of its project, relative to the root.</param>
    /// <param name="program">Its file name without extension.</param>
    /// <exception cref="FileNotFoundException">It is not built.</exception>
    public static string Find(string root, string project, string program)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = framework.Parent?.Name ?? "Release";
        var file = OperatingSystem.IsWindows() ? program + ".exe" : program;
        var path = Path.GetFullPath(Path.Combine(root, project, "bin", configuration, framework.Name, file));
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing. Build it with: dotnet build {project} -c {configuration}", path);
    }

    private static string FindRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Marker)))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {start} holds {Marker}; run this program from a clone of the repository.");
    }
}
