namespace Opsen.Tests.Support;

/// <summary>A directory that is gone when the test is over.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("opsen-test-").FullName;

    public string File(params string[] parts) => System.IO.Path.Join([Path, .. parts]);

    public string Write(string name, string content)
    {
        var path = File(name);
        _ = Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
