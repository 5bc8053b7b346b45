using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Opsen.Architecture.Tests;

/// <summary>What no analyzer checks: a file fits in a head, and a line on a screen.</summary>
public sealed partial class SourceTests
{
    private const int MaxLines = 300;
    private const int MaxColumns = 160;

    internal static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", ".."));

    [Fact]
    public void Files_OfTheProduct_AreShortEnough() =>
        Assert.Equal([], Files("src").Select(static file =>
            (File: Path.GetRelativePath(Root, file), Lines: File.ReadLines(file).Count())).Where(static file => file.Lines > MaxLines));

    [Fact]
    public void Lines_TextsAside_AreShortEnough() => Assert.Equal([], Files("src").Concat(Files("tests")).Concat(Files("examples")).SelectMany(TooLong));

    private static IEnumerable<string> TooLong(string file)
    {
        var isText = false;
        foreach (var (line, number) in File.ReadLines(file).Select(static (line, index) => (line, index + 1)))
        {
            isText ^= line.Split("\"\"\"").Length % 2 == 0;
            if (!isText && Text().Replace(line, "").Length > MaxColumns)
            {
                yield return $"{Path.GetRelativePath(Root, file)}:{number}";
            }
        }
    }

    [GeneratedRegex("\"\"\".*|\"([^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Text();

    internal static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        .Where(static file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(static part => part is "obj" or "bin"));

    private static string Here([CallerFilePath] string file = "") => file;
}
