using System.Globalization;
using System.Text;

namespace Opsen.Gateway.Proxy.Backends;

/// <summary>One URL of a host, ready to forward to.</summary>
internal sealed class BackendTarget
{
    // The path and query go out byte for byte: "%2F", "//" and dot segments mean what the backend says they mean.
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Prepares an endpoint's URL.</summary>
    public BackendTarget(string url)
    {
        Url = url;
        Prefix = ToAscii(url).TrimEnd('/');
        IsHttps = url.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The URL as the host registered it: the name of this endpoint.</summary>
    public string Url { get; }

    /// <summary>Scheme, authority and base path, without a trailing slash.</summary>
    public string Prefix { get; }

    /// <summary>Whether the connection is encrypted.</summary>
    public bool IsHttps { get; }

    /// <summary>The base path as an address.</summary>
    /// <exception cref="UriFormatException">The endpoint's URL is not one.</exception>
    public Uri Root => field ??= Address("/");

    /// <summary>What every path of the endpoint begins with; empty, or a slash at its beginning and none at its end.</summary>
    /// <exception cref="UriFormatException">The endpoint's URL is not one.</exception>
    public string BasePath => field ??= Root.PathAndQuery[..^1];

    /// <summary>The address of a request: the base path, then the client's path and query as they came.</summary>
    /// <param name="pathAndQuery">Begins with a slash.</param>
    /// <exception cref="UriFormatException">The endpoint's URL is not one.</exception>
    public Uri Address(string pathAndQuery) => new(Prefix + pathAndQuery, Verbatim);

    /// <summary>A URL as it is written, if it is ASCII; else as it is sent: its host in the form of IDNA, its path percent-encoded.</summary>
    private static string ToAscii(string url) => Ascii.IsValid(url) || !Uri.TryCreate(url, UriKind.Absolute, out var address)
        ? url
        : string.Create(CultureInfo.InvariantCulture, $"{address.Scheme}://{address.IdnHost}:{address.Port}{address.AbsolutePath}");
}
