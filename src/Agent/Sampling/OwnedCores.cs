using Opsen.Agent.Sensors;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Sampling;

/// <summary>Checks the cores that the configuration gives to this backend against those that the host has.</summary>
internal static class OwnedCores
{
    private const int Unreadable = 1;

    /// <summary>Reads the host's cores and compares.</summary>
    /// <param name="owned">The cores named by <c>cores</c>; empty = all.</param>
    /// <param name="sensor">Reads the host's cores.</param>
    /// <returns>Why the agent cannot start; null when it can.</returns>
    public static CoreProblem? Check(IReadOnlyList<int> owned, ICpuSensor sensor)
    {
        var present = new CoreCounters();
        if (!sensor.TryRead(present))
        {
            return new CoreProblem("The system does not tell the state of its cores. On Linux /proc/stat, or stat under HOST_PROC, must be readable.", Unreadable);
        }

        var ids = new SortedSet<int>();
        foreach (var core in present.Cores)
        {
            _ = ids.Add(core.Id);
        }

        var missing = owned.Where(core => !ids.Contains(core)).ToList();
        return missing.Count == 0
            ? null
            : new CoreProblem(
                $"cores: this host has no core {string.Join(", ", missing)}; it has {Ranges(ids)}.", ConfigurationResult<AgentOptions>.InvalidExitCode);
    }

    // "0-3,8"
    private static string Ranges(SortedSet<int> ids)
    {
        var ranges = new List<string>();
        var first = -1;
        foreach (var id in ids)
        {
            first = ids.Contains(id - 1) ? first : id;
            if (!ids.Contains(id + 1))
            {
                ranges.Add(first == id ? $"{id}" : $"{first}-{id}");
            }
        }

        return string.Join(',', ranges);
    }
}

/// <summary>Why the agent cannot start.</summary>
/// <param name="Message">What is wrong and what is allowed.</param>
/// <param name="ExitCode">The status to end with.</param>
internal sealed record CoreProblem(string Message, int ExitCode);
