using System.Diagnostics;
using Opsen.Protocol.Configuration;

namespace Opsen.Examples.Quickstart.Fleet;

/// <summary>Two disjoint, equally large sets of this machine's processors.</summary>
/// <param name="First">Processor numbers of the first backend.</param>
/// <param name="Second">Processor numbers of the second backend.</param>
internal sealed record ProcessorSplit(IReadOnlyList<int> First, IReadOnlyList<int> Second)
{
    /// <summary>Splits the processors that this process may use; null when there is only one.</summary>
    public static ProcessorSplit? OfThisMachine()
    {
        // A container's CPU quota lowers the count: more processors than that could never be busy at once.
        var usable = Allowed().Take(Environment.ProcessorCount).ToList();
        var half = usable.Count / 2;
        return half == 0 ? null : new ProcessorSplit(usable[..half], usable[half..(2 * half)]);
    }

    /// <summary>Numbers and ranges, such as "0-2,5": the form that taskset and <c>cores</c> take.</summary>
    public static string Format(IReadOnlyList<int> cores)
    {
        var parts = new List<string>();
        for (var i = 0; i < cores.Count;)
        {
            var last = i;
            while (last + 1 < cores.Count && cores[last + 1] == cores[last] + 1)
            {
                last++;
            }

            parts.Add(last == i ? $"{cores[i]}" : $"{cores[i]}-{cores[last]}");
            i = last + 1;
        }

        return string.Join(',', parts);
    }

    private static IEnumerable<int> Allowed()
    {
        if (OperatingSystem.IsWindows())
        {
            using var self = Process.GetCurrentProcess();
            var mask = (long)self.ProcessorAffinity;
            return [.. Enumerable.Range(0, 64).Where(core => (mask & (1L << core)) != 0)];
        }

        const string key = "Cpus_allowed_list:";
        var line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith(key, StringComparison.Ordinal));
        return CoreList.Parse(line[key.Length..].Trim());
    }
}
