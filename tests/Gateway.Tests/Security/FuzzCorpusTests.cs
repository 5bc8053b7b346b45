using System.Runtime.CompilerServices;
using Opsen.Fuzz;

namespace Opsen.Gateway.Tests.Security;

/// <summary>What fuzzing has found (tests/Fuzz) stays found: every input of the corpus once more, and each of them changed a little.</summary>
public sealed class FuzzCorpusTests
{
    private const int Changes = 200;

    public static TheoryData<string> Targets { get; } = [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Run_CorpusAndItsNeighbours_HoldWhatMustHold(string target)
    {
        var (run, random) = (FuzzTargets.All[target], new Random(7));
        var files = Directory.GetFiles(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "Fuzz", "corpus", target));
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var input = File.ReadAllBytes(file);
            Run(run, input, Path.GetFileName(file));
            for (var change = 0; change < Changes / files.Length; change++)
            {
                Run(run, Change(input, random), $"{Path.GetFileName(file)}, change {change}");
            }
        }
    }

    private static void Run(FuzzTargets.Run run, byte[] input, string name)
    {
        try
        {
            run(input);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"{name}: {error.Message}: {Convert.ToHexString(input)}", error);
        }
    }

    private static byte[] Change(byte[] input, Random random)
    {
        var bytes = input.ToList();
        for (var i = random.Next(1, 5); i > 0 && bytes.Count > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(0, at));
                    break;
            }
        }

        return [.. bytes];
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
