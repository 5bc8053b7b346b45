namespace Opsen.Gateway.Proxy.Backends;

/// <summary>Matches text against a pattern in which <c>*</c> stands for any run of characters, slashes too, and <c>?</c> for exactly one. The platform's
/// FileSystemName.MatchesSimpleExpression treats backslashes as escapes, which these patterns do not have.</summary>
internal static class WildcardPattern
{
    /// <summary>Whether the pattern has a wildcard.</summary>
    public static bool IsWildcard(string pattern) => pattern.AsSpan().ContainsAny('*', '?');

    /// <summary>Whether the whole text matches. Only the latest star is ever reconsidered, so the time is at most the product of both lengths.</summary>
    public static bool IsMatch(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern)
    {
        var (at, next) = (0, 0);
        var (star, resume) = (-1, 0);
        while (at < text.Length)
        {
            if (next < pattern.Length && pattern[next] == '*')
            {
                (star, resume) = (next++, at);
            }
            else if (next < pattern.Length && (pattern[next] == '?' || pattern[next] == text[at]))
            {
                at++;
                next++;
            }
            else if (star >= 0)
            {
                (next, at) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }

        return pattern[next..].TrimStart('*').IsEmpty;
    }
}
