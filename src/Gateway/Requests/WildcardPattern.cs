namespace Opsen.Gateway.Requests;

/// <summary>Matches text against a pattern in which <c>*</c> stands for any run of characters, slashes too, and <c>?</c> for exactly one. The platform's
/// FileSystemName.MatchesSimpleExpression treats backslashes as escapes, which these patterns do not have.</summary>
internal static class WildcardPattern
{
    /// <summary>Whether the pattern has a wildcard.</summary>
    public static bool IsWildcard(string pattern) => pattern.AsSpan().ContainsAny('*', '?');

    /// <summary>Whether the whole text matches. What stands between two stars is looked for once, from the left: what matches first leaves most to the rest.
    /// So the time is that of a search for each of these pieces.</summary>
    public static bool IsMatch(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern)
    {
        var star = pattern.IndexOf('*');
        if (star < 0)
        {
            return text.Length == pattern.Length && FitsAt(text, pattern);
        }

        var head = pattern[..star];
        var tail = pattern[(pattern.LastIndexOf('*') + 1)..];
        if (text.Length < head.Length + tail.Length || !FitsAt(text, head) || !FitsAt(text[^tail.Length..], tail))
        {
            return false;
        }

        text = text[head.Length..^tail.Length];
        pattern = pattern[star..^tail.Length];
        foreach (var range in pattern.Split('*'))
        {
            var piece = pattern[range];
            if (Find(text, piece) is not (>= 0 and var found))
            {
                return false;
            }

            text = text[(found + piece.Length)..];
        }

        return true;
    }

    /// <summary>Where a piece without stars first fits; -1 for nowhere. Its longest part without question marks is searched for.</summary>
    private static int Find(ReadOnlySpan<char> text, ReadOnlySpan<char> piece)
    {
        var (anchor, length) = (0, 0);
        foreach (var range in piece.Split('?'))
        {
            var (start, end) = (range.Start.Value, range.End.Value);
            (anchor, length) = end - start > length ? (start, end - start) : (anchor, length);
        }

        for (var at = 0; at + piece.Length <= text.Length; at++)
        {
            var found = text[(at + anchor)..(text.Length - piece.Length + anchor + length)].IndexOf(piece.Slice(anchor, length));
            if (found < 0)
            {
                return -1;
            }

            at += found;
            if (length == piece.Length || FitsAt(text[at..], piece))
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>Whether the text begins with a piece without stars.</summary>
    private static bool FitsAt(ReadOnlySpan<char> text, ReadOnlySpan<char> piece)
    {
        while (true)
        {
            var mark = piece.IndexOf('?');
            if (mark < 0)
            {
                return text.StartsWith(piece);
            }

            if (!text.StartsWith(piece[..mark]))
            {
                return false;
            }

            if (mark == text.Length)
            {
                return false;
            }

            text = text[(mark + 1)..];
            piece = piece[(mark + 1)..];
        }
    }
}
