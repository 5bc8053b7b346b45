namespace Opsen.Tests.Support;

/// <summary>MaxMind's test databases, which lie beside the repository.</summary>
internal static class GeoDatabases
{
    public const string City = "GeoIP2-City-Test.mmdb";
    public const string BrokenDouble = "GeoIP2-City-Test-Broken-Double-Format.mmdb";
    public const string BrokenNodeCount = "GeoIP2-City-Test-Invalid-Node-Count.mmdb";

    /// <summary>The file's path; skips the test where the file is not there.</summary>
    public static string PathOf(string name)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Opsen.sln")))
        {
            root = root.Parent;
        }

        var path = Path.Combine(root?.FullName ?? ".", "..", "shared", "data", name);
        Assert.SkipUnless(File.Exists(path), $"MaxMind's test database {name} is not in ../shared/data beside the repository.");
        return path;
    }
}
