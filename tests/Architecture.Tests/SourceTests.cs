using System.Runtime.CompilerServices;

namespace Opsen.Architecture.Tests;

/// <summary>What no analyzer checks: a file fits in a head, and a line on a screen.</summary>
public sealed class SourceTests
{
    private const int MaxLines = 300;
    private const int MaxColumns = 160;

    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", ".."));

    [Fact]
    public void Files_OfTheProduct_AreShortEnough() =>
        Assert.Equal([], Files("src").Select(static file => (File: Path.GetRelativePath(Root, file), Lines: File.ReadLines(file).Count())).Where(static file => file.Lines > MaxLines));

    [Fact]
    public void Lines_AreShortEnough() =>
        Assert.Equal([], Files("src").Concat(Files("tests")).Concat(Files("examples")).SelectMany(static file => File.ReadLines(file)
            .Select((line, index) => (line.Length, Place: $"{Path.GetRelativePath(Root, file)}:{index + 1}"))
            .Where(static line => line.Length > MaxColumns)
            .Select(static line => line.Place)));

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        .Where(static file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(static part => part is "obj" or "bin"));

    private static string Here([CallerFilePath] string file = "") => file;
}
