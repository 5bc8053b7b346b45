namespace Opsen.Examples.Quickstart.Processes;

/// <summary>A folder that is gone when it is disposed of.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("opsen-");

    /// <summary>Full path of a file in the folder.</summary>
    public string File(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Writes a file and returns its full path.</summary>
    public string Write(string name, string content)
    {
        var path = File(name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    /// <inheritdoc />
    public void Dispose() => _folder.Delete(recursive: true);
}
