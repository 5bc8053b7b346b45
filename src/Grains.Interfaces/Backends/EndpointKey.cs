namespace Opsen.Grains.Interfaces.Backends;

/// <summary>Tells whether two URLs are one endpoint.</summary>
public static class EndpointKey
{
    /// <summary>The normal form of an endpoint's URL (RFC 3986, sections 6.2.2 and 6.2.3): scheme and host in lower case, addresses in their usual form, no
    /// default port, unreserved characters of the path not encoded, no dot segments, no slash at the end. Letter case of the path counts. What is no URL is
    /// its own normal form.</summary>
    public static string Of(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed))
        {
            return url;
        }

        var path = parsed.GetComponents(UriComponents.Path, UriFormat.UriEscaped);
        return $"{parsed.Scheme}://{parsed.IdnHost.ToLowerInvariant()}:{parsed.Port}/{WithUpperCaseHex(path.TrimEnd('/'))}";
    }

    private static string WithUpperCaseHex(string path) => !path.Contains('%', StringComparison.Ordinal) ? path
        : string.Create(path.Length, path, static (target, source) =>
    {
        for (var i = 0; i < source.Length; i++)
        {
            target[i] = (i > 0 && source[i - 1] == '%') || (i > 1 && source[i - 2] == '%') ? char.ToUpperInvariant(source[i]) : source[i];
        }
    });
}
