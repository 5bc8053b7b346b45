namespace Opsen.Gateway.Proxy;

/// <summary>Tells whether a path is proxied (<c>proxy_endpoints</c>). A prefix matches by whole segments and by case; "/", "*" and
/// "/*" match every path, and a trailing slash or "/*" on a longer prefix changes nothing.</summary>
public sealed class ProxyPathMatcher
{
    private readonly string[] _prefixes;
    private readonly bool _matchesAll;

    /// <summary>Prepares the configured prefixes.</summary>
    public ProxyPathMatcher(IReadOnlyList<string> proxyEndpoints)
    {
        ArgumentNullException.ThrowIfNull(proxyEndpoints);
        _prefixes = [.. proxyEndpoints.Where(prefix => !string.IsNullOrWhiteSpace(prefix)).Select(Normalize).Distinct(StringComparer.Ordinal)];
        _matchesAll = _prefixes.Contains("/", StringComparer.Ordinal);
    }

    /// <summary>Whether the path is proxied.</summary>
    public bool Matches(PathString path)
    {
        if (_matchesAll)
        {
            return true;
        }

        var value = path.Value.AsSpan();
        foreach (var prefix in _prefixes)
        {
            if (value.StartsWith(prefix, StringComparison.Ordinal) && (value.Length == prefix.Length || value[prefix.Length] == '/'))
            {
                return true;
            }
        }

        return false;
    }

    private static string Normalize(string prefix)
    {
        var trimmed = prefix.Trim();
        if (trimmed is "*" || trimmed.EndsWith("/*", StringComparison.Ordinal))
        {
            trimmed = trimmed[..^1];
        }

        return "/" + trimmed.Trim('/');
    }
}
