using System.Buffers.Text;

namespace Opsen.Agent.Sensors.Linux;

/// <summary>
/// Parses <c>cpuN user nice system idle iowait irq softirq steal guest guest_nice</c> (proc_stat(5)). Idle is idle + iowait. The guest fields
/// are already inside user and nice, and stolen time counts as busy: a session cannot have it.
/// </summary>
internal static class ProcStatParser
{
    private const int MaxCoreId = ushort.MaxValue;

    /// <summary>Adds the core of each line to <paramref name="counters"/>. A line that cannot be read is left out.</summary>
    /// <returns>Whether the last core's line was seen whole: a line of another kind followed.</returns>
    public static bool Parse(ReadOnlySpan<byte> content, CoreCounters counters)
    {
        while (true)
        {
            var end = content.IndexOf((byte)'\n');
            var line = end < 0 ? content : content[..end];
            if (!line.StartsWith("cpu"u8))
            {
                return line.Length >= "cpu"u8.Length;
            }

            if (end < 0)
            {
                return false;
            }

            if (TryParseCore(line["cpu"u8.Length..], out var core))
            {
                counters.Add(core);
            }

            content = content[(end + 1)..];
        }
    }

    private static bool TryParseCore(ReadOnlySpan<byte> line, out CoreCounter core)
    {
        core = default;
        if (!Utf8Parser.TryParse(line, out int id, out var consumed) || id is < 0 or > MaxCoreId)
        {
            return false;
        }

        core = new CoreCounter(id);
        var field = CoreTime.User;
        for (var rest = line[consumed..]; field <= CoreTime.Steal; field++)
        {
            rest = rest.TrimStart((byte)' ');
            if (!Utf8Parser.TryParse(rest, out ulong value, out consumed))
            {
                break;
            }

            core[field] = unchecked((long)value);
            rest = rest[consumed..];
        }

        return field > CoreTime.Idle;
    }
}
