namespace Opsen.Gateway.Ingest;

/// <summary>Reads the URL at which a host serves.</summary>
internal static class EndpointUrl
{
    /// <summary>What a URL must be; follows the field's name in a message.</summary>
    public const string Rule = "must be an absolute http or https URL such as http://10.0.0.5:11000, without user, query and fragment";

    /// <summary>The URL without slashes at its end, or null when it is not usable. It stays as written otherwise, so that it can be found again.</summary>
    public static string? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > IngestLimits.Url || text.AsSpan().ContainsAny("?#\\@") || text.Any(char.IsWhiteSpace))
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri is { Host.Length: > 0, Port: > 0, UserInfo.Length: 0 }
            && text.AsSpan(uri.Scheme.Length).StartsWith(Uri.SchemeDelimiter)
                ? text.TrimEnd('/')
                : null;
    }
}
