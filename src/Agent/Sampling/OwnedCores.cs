using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>Checks the cores that the configuration gives to this backend against those that the host has.</summary>
internal static class OwnedCores
{
    /// <summary>Reads the host's cores and compares.</summary>
    /// <param name="owned">The cores named by <c>cores</c>; empty = all.</param>
    /// <param name="sensor">Reads the host's cores.</param>
    /// <returns>Why the agent cannot start; null when it can.</returns>
    public static string? Check(IReadOnlyList<int> owned, ICpuSensor sensor)
    {
        // What cannot be read now may be later, and the samples say so.
        var present = new CoreCounters();
        if (owned.Count == 0 || !sensor.TryRead(present))
        {
            return null;
        }

        var ids = new SortedSet<int>();
        foreach (var core in present.Cores)
        {
            _ = ids.Add(core.Id);
        }

        var missing = owned.Where(core => !ids.Contains(core)).ToList();
        return missing.Count == 0 ? null : $"cores: this host has no core {string.Join(", ", missing)}; it has {Ranges(ids)}.";
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
