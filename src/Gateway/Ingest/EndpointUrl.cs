using Opsen.Protocol.Configuration.Values;

namespace Opsen.Gateway.Ingest;

/// <summary>Reads the URL at which a host serves.</summary>
internal static class EndpointUrl
{
    /// <summary>What a URL must be; follows the field's name in a message.</summary>
    public const string Rule = "must be an absolute http or https URL such as http://10.0.0.5:11000, without user, query and fragment";

    /// <summary>The URL without slashes at its end, or null when it is not usable. It stays as written otherwise, so that it can be found again.</summary>
    public static string? Parse(string? text) =>
        !string.IsNullOrEmpty(text) && text.Length <= IngestLimits.Url && TextFormats.IsHttpUrl(text) ? text.TrimEnd('/') : null;
}
