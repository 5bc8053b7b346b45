using System.Text.RegularExpressions;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>The kinds of string that keys hold.</summary>
internal static partial class TextFormats
{
    /// <summary>Any string.</summary>
    public static TextFormat Any { get; } = new("any text");

    /// <summary>Any string but the empty one.</summary>
    public static TextFormat NotEmpty { get; } = new("any text that is not empty", text => text.Length > 0);

    /// <summary>A secret that travels in a header, or nothing.</summary>
    public static TextFormat OptionalSecret { get; } =
        new("printable ASCII without spaces at the ends; empty for none", text => text.Length == 0 || Secret().IsMatch(text)) { IsSecret = true };

    /// <summary>A secret that travels in a header.</summary>
    public static TextFormat RequiredSecret { get; } =
        new("printable ASCII without spaces at the ends, not empty", text => Secret().IsMatch(text)) { IsSecret = true };

    /// <summary>A connection string, which holds a password.</summary>
    public static TextFormat ConnectionString { get; } = new("a connection string; empty for none") { IsSecret = true };

    /// <summary>Address of a listener.</summary>
    public static TextFormat ListenHost { get; } =
        new("an IP address, localhost or * (all addresses)", text => text is "localhost" or "*" || AddressRange.TryParseAddress(text, out _));

    /// <summary>An IP address, or nothing.</summary>
    public static TextFormat OptionalAddress { get; } =
        new("an IP address; empty to find it", text => text.Length == 0 || AddressRange.TryParseAddress(text, out _));

    /// <summary>An address or a CIDR range.</summary>
    public static TextFormat Network { get; } = new("an IP address or a CIDR range such as 10.0.0.0/8", text => AddressRange.TryParse(text, out _));

    /// <summary>A CORS origin.</summary>
    public static TextFormat CorsOrigin { get; } =
        new("\"*\" or an origin such as https://app.example.com, without a path", text => text == "*" || Origin().IsMatch(text));

    /// <summary>A prefix of paths to proxy.</summary>
    public static TextFormat ProxyPrefix { get; } =
        new("a path that begins with / (\"/\", \"*\" and \"/*\" mean every path)", text => text == "*" || text.StartsWith('/'));

    /// <summary>A pattern of paths that an endpoint serves.</summary>
    public static TextFormat PathPattern { get; } = new("a path or pattern that begins with / or *", text => text.StartsWith('/') || text.StartsWith('*'));

    /// <summary>A path.</summary>
    public static TextFormat Path { get; } = new("a path that begins with /", text => text.StartsWith('/'));

    /// <summary>A header's name (token of RFC 9110 section 5.6.2), or nothing.</summary>
    public static TextFormat OptionalHeader { get; } =
        new("a header name such as X-Session-ID; empty for none", text => text.Length == 0 || Token().IsMatch(text));

    /// <summary>A name of a tier, a cluster or a service.</summary>
    public static TextFormat Name { get; } = new("1 to 64 letters, digits, '.', '_' or '-'", text => NamePattern().IsMatch(text));

    /// <summary>A pool's name.</summary>
    public static TextFormat Pool { get; } = new("1 to 64 lower-case letters, digits or '-'", text => PoolPattern().IsMatch(text));

    /// <summary>A pool's name, or nothing.</summary>
    public static TextFormat OptionalPool { get; } =
        new("1 to 64 lower-case letters, digits or '-'; empty for the gateway's own", text => text.Length == 0 || PoolPattern().IsMatch(text));

    /// <summary>An absolute URL.</summary>
    public static TextFormat Url { get; } = new("an absolute http or https URL such as http://10.0.0.5:8000", IsHttpUrl);

    /// <summary>An absolute URL, or nothing.</summary>
    public static TextFormat OptionalUrl { get; } =
        new("an absolute http or https URL such as http://10.0.0.5:8000; empty for the default", text => text.Length == 0 || IsHttpUrl(text));

    /// <summary>Core numbers, or nothing.</summary>
    public static TextFormat Cores { get; } =
        new($"core numbers up to {CoreList.HighestCore} and ranges such as 0-3,8; empty for all", text => CoreList.TryParse(text, out _));

    private static bool IsHttpUrl(string text) =>
        !text.Any(char.IsWhiteSpace)
        && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.Host.Length > 0
        && url.Query.Length == 0
        && url.Fragment.Length == 0;

    [GeneratedRegex(@"\A[!-~]([ -~]*[!-~])?\z")]
    private static partial Regex Secret();

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9+.-]*://[^/\\\s?#@*]+\z")]
    private static partial Regex Origin();

    [GeneratedRegex(@"\A[A-Za-z0-9!#$%&'*+.^_`|~-]+\z")]
    private static partial Regex Token();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[a-z0-9-]{1,64}\z")]
    private static partial Regex PoolPattern();
}
