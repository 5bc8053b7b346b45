namespace Opsen.Gateway.Proxy;

/// <summary>Tells whether a path is proxied (<c>proxy_endpoints</c>). A prefix matches by whole segments and by case; "/", "*" and
/// "/*" match every path, and a trailing slash or "/*" on a longer prefix changes nothing.</summary>
internal sealed class ProxyPathMatcher
{
    private readonly string[] _prefixes;
    private readonly bool _matchesAll;

    /// <summary>Prepares the configured prefixes.</summary>
    public ProxyPathMatcher(IReadOnlyList<string> proxyEndpoints)
    {
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

    /// <summary>Whether a path, fully decoded, leads out of every prefix that is proxied, as a backend may read it: "%2e" is a dot, "%2f", "%5c" and "\\"
    /// divide segments.</summary>
    /// <param name="target">The path as it was sent, with or without a query.</param>
    public bool ClimbsOut(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target.AsSpan() : target.AsSpan(0, query);

        // Mostly there is nothing to look into.
        if (path.IndexOf("..") < 0 && (path.IndexOf('%') < 0 || path.IndexOf("%2e", StringComparison.OrdinalIgnoreCase) < 0))
        {
            return false;
        }

        var segments = new List<string>();
        foreach (var segment in Uri.UnescapeDataString(path.ToString()).Split('/', '\\'))
        {
            if (segment == ".." && segments.Count == 0)
            {
                return true;
            }

            if (segment == "..")
            {
                segments.RemoveAt(segments.Count - 1);
            }
            else if (segment is not ("" or "."))
            {
                segments.Add(segment);
            }
        }

        return !Matches("/" + string.Join('/', segments));
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
