using System.Globalization;

namespace Opsen.Protocol.Configuration;

/// <summary>Core numbers as the kernel writes them: numbers and ranges with commas between, such as "0-3,8".</summary>
public static class CoreList
{
    /// <summary>Highest core number; the largest that Linux can be built for, less one.</summary>
    public const int MaxCore = 8191;

    /// <summary>Parses a list that was checked before.</summary>
    /// <param name="text">Such as "0-3,8"; empty for no restriction.</param>
    /// <returns>Distinct core numbers in ascending order; empty for no restriction.</returns>
    /// <exception cref="FormatException">The text is no such list.</exception>
    public static IReadOnlyList<int> Parse(string text) =>
        TryParse(text, out var cores) ? cores : throw new FormatException($"'{text}' is not a list of cores such as \"0-3,8\".");

    /// <summary>Parses a list.</summary>
    /// <param name="text">Such as "0-3,8"; empty for no restriction.</param>
    /// <param name="cores">Distinct core numbers in ascending order; empty for no restriction and when the text is wrong.</param>
    /// <returns>Whether the text is such a list.</returns>
    public static bool TryParse(string text, out IReadOnlyList<int> cores)
    {
        ArgumentNullException.ThrowIfNull(text);
        cores = [];
        if (text.Length == 0)
        {
            return true;
        }

        var found = new SortedSet<int>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            if (!TryParseCore(dash < 0 ? part : part[..dash], out var first)
                || !TryParseCore(dash < 0 ? part : part[(dash + 1)..], out var last)
                || last < first)
            {
                return false;
            }

            found.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        cores = [.. found];
        return true;
    }

    private static bool TryParseCore(string text, out int core) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out core) && core <= MaxCore;
}
