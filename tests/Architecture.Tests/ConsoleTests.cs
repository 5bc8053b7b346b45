using System.Security.Cryptography;
using System.Text;

namespace Opsen.Architecture.Tests;

/// <summary>The console's files are built by hand and committed, so that a clone builds without npm.</summary>
public sealed class ConsoleTests
{
    private static readonly string Sources = Path.Combine(SourceTests.Root, "src", "Console");
    private static readonly string Files = Path.Combine(SourceTests.Root, "src", "Gateway", "WebConsole", "Files");

    /// <summary>As src/Console/build.mjs does.</summary>
    [Fact]
    public void Files_AreBuiltFromTheSourcesThatAreThere()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var sources = Directory.GetFiles(Path.Combine(Sources, "src")).OrderBy(Path.GetFileName, StringComparer.Ordinal);
        foreach (var file in sources.Append(Path.Combine(Sources, "package.json")).Append(Path.Combine(Sources, "package-lock.json")))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(File.ReadAllText(file).ReplaceLineEndings("\n")));
        }

        Assert.True(
            Convert.ToHexStringLower(hash.GetHashAndReset()) == File.ReadAllText(Path.Combine(Files, "built-from.txt")).Trim(),
            "src/Console has changed since its files were built: run 'npm ci && npm run build' there");
    }

    [Fact]
    public void Files_FetchNothingFromElsewhere()
    {
        foreach (var file in (string[])["index.html", "console.css"])
        {
            Assert.DoesNotContain("://", File.ReadAllText(Path.Combine(Files, file)), StringComparison.Ordinal);
        }
    }
}
