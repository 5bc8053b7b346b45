using System.Text;
using Opsen.Grains.DecisionLogs;

namespace Opsen.Fuzz.Targets;

/// <summary>A decision log: it is replayed, or the first line that cannot be is named.</summary>
internal static class DecisionLog
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        using var reader = new StringReader(Encoding.UTF8.GetString(input));
        try
        {
            DecisionReplay.Run(reader, TimeSpan.FromMinutes(5));
        }
        catch (FormatException error)
        {
            FuzzTargets.Require(error.Message.StartsWith("line ", StringComparison.Ordinal), "the line is named");
        }
    }
}
