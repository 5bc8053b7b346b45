namespace Opsen.Protocol.Configuration.Keys;

/// <summary>Finds the name that was probably meant.</summary>
internal static class NearestName
{
    /// <summary>Finds the candidate with the smallest edit distance.</summary>
    /// <returns>The candidate; null when more than a third of the name would have to change.</returns>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        var best = candidates
            .Select(candidate => (Candidate: candidate, Distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .OrderBy(pair => pair.Distance)
            .FirstOrDefault();
        return best.Candidate is not null && best.Distance <= Math.Max(1, name.Length / 3) ? best.Candidate : null;
    }

    // Levenshtein distance with one row of the table.
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
