using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>A string, quoted or not, without control characters.</summary>
/// <param name="allowed">What is allowed, in words.</param>
/// <param name="isValid">Whether a string is allowed; null for any.</param>
internal sealed class TextFormat(string allowed, Func<string, bool>? isValid = null) : ScalarFormat<string>
{
    private const int MaxLength = 4096;

    /// <inheritdoc/>
    public override string Allowed { get; } = allowed;

    /// <inheritdoc/>
    public override bool AllowsNull => true;

    /// <inheritdoc/>
    protected override string? Parse(ScalarNode scalar, out string value)
    {
        value = scalar.Text;
        return value.Length > MaxLength ? $"is longer than {MaxLength} characters"
            : value.Any(char.IsControl) ? "holds a control character"
            : isValid is null || isValid(value) ? null
            : "is not valid";
    }
}

/// <summary>A list of strings; in a variable with commas between.</summary>
internal sealed class TextListFormat(TextFormat item) : ValueFormat<IReadOnlyList<string>>
{
    private const int MaxItems = 1000;

    /// <inheritdoc/>
    public override string Allowed => $"a list, each item {item.Allowed}";

    /// <inheritdoc/>
    public override bool AllowsNull => true;

    /// <inheritdoc/>
    public override bool TryRead(ConfigurationNode node, ReadContext context, [MaybeNullWhen(false)] out IReadOnlyList<string> value)
    {
        value = null;
        if (node is not SequenceNode sequence)
        {
            context.Fail(node.Origin, $"is not a list, write [a, b] or one \"- a\" on each line; allowed: {Allowed}");
            return false;
        }

        if (sequence.Items.Count > MaxItems)
        {
            context.Fail(node.Origin, $"has {sequence.Items.Count} items; allowed: at most {MaxItems}");
            return false;
        }

        var items = new List<string>(sequence.Items.Count);
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            if (item.TryRead(sequence.Items[i], context.Item(i), out var text))
            {
                items.Add(text);
            }
        }

        value = items;
        return items.Count == sequence.Items.Count;
    }

    /// <inheritdoc/>
    public override ConfigurationNode FromText(string text, Origin origin, ErrorCollector errors) =>
        new SequenceNode(origin, [.. text.Split(',', StringSplitOptions.TrimEntries).Select(part => new ScalarNode(origin, part, ScalarForm.Quoted))]);

    /// <inheritdoc/>
    public override string Show(IReadOnlyList<string> value) => $"[{string.Join(", ", value.Select(item.Show))}]";

    /// <inheritdoc/>
    public override bool Same(IReadOnlyList<string> left, IReadOnlyList<string> right) => left.SequenceEqual(right);
}

/// <summary>The kinds of string that keys hold.</summary>
public static partial class TextFormats
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");


    /// <summary>Any string.</summary>
    internal static TextFormat Any { get; } = new("any text");

    /// <summary>Any string but the empty one.</summary>
    internal static TextFormat NotEmpty { get; } = new("any text that is not empty", text => text.Length > 0);

    /// <summary>A secret to send in a header, or nothing.</summary>
    internal static TextFormat OptionalSecret { get; } =
        new(
            "the key itself and not its hash, printable ASCII without spaces at the ends; empty for none",
            text => text.Length == 0 || (Secret().IsMatch(text) && !IsHash(text)))
        { IsSecret = true };

    /// <summary>A secret to compare with, as it is or hashed, or nothing.</summary>
    internal static TextFormat OptionalKey { get; } =
        new("printable ASCII without spaces at the ends, or sha256: and 64 hexadecimal digits; empty for none", text => text.Length == 0 || IsKey(text)) { IsSecret = true };

    /// <summary>A secret to compare with, as it is or hashed.</summary>
    internal static TextFormat RequiredKey { get; } =
        new("printable ASCII without spaces at the ends, or sha256: and 64 hexadecimal digits; not empty", IsKey) { IsSecret = true };

    /// <summary>A connection string, which holds a password.</summary>
    internal static TextFormat ConnectionString { get; } = new("a connection string; empty for none") { IsSecret = true };

    /// <summary>Address of a listener.</summary>
    internal static TextFormat ListenHost { get; } =
        new("an IP address, localhost or * (all addresses)", text => text is "localhost" or "*" || AddressRange.TryParseAddress(text, out _));

    /// <summary>An IP address, or nothing.</summary>
    internal static TextFormat OptionalAddress { get; } =
        new("an IP address; empty to find it", text => text.Length == 0 || AddressRange.TryParseAddress(text, out _));

    /// <summary>An address or a CIDR range.</summary>
    internal static TextFormat Network { get; } = new("an IP address or a CIDR range such as 10.0.0.0/8", text => AddressRange.TryParse(text, out _));

    /// <summary>A host name to answer to.</summary>
    internal static TextFormat HostPattern { get; } = new(
        "a host name, *.example.com for every name below one, or an IP address; without a port",
        text => HostName().IsMatch(text) || AddressRange.TryParseAddress(text, out _));

    /// <summary>A CORS origin.</summary>
    internal static TextFormat CorsOrigin { get; } =
        new("\"*\" or an origin such as https://app.example.com, without a path", text => text == "*" || Origin().IsMatch(text));

    /// <summary>A prefix of paths to proxy.</summary>
    internal static TextFormat ProxyPrefix { get; } =
        new("a path that begins with / (\"/\", \"*\" and \"/*\" mean every path)", text => text == "*" || text.StartsWith('/'));

    /// <summary>A pattern of paths that an endpoint serves.</summary>
    internal static TextFormat PathPattern { get; } = new("a path or pattern that begins with / or *", text => text.StartsWith('/') || text.StartsWith('*'));

    /// <summary>A path.</summary>
    internal static TextFormat Path { get; } = new("a path that begins with /", text => text.StartsWith('/'));

    /// <summary>A header's name (token of RFC 9110 section 5.6.2), or nothing.</summary>
    internal static TextFormat OptionalHeader { get; } =
        new("a header name such as X-Session-ID; empty for none", text => text.Length == 0 || Token().IsMatch(text));

    /// <summary>A name of a tier, a cluster or a service.</summary>
    internal static TextFormat Name { get; } = new("1 to 64 letters, digits, '.', '_' or '-'", text => NamePattern().IsMatch(text));

    /// <summary>A pool's name.</summary>
    internal static TextFormat Pool { get; } = new("1 to 64 lower-case letters, digits or '-'", text => PoolPattern().IsMatch(text));

    /// <summary>A pool's name, or nothing.</summary>
    internal static TextFormat OptionalPool { get; } =
        new("1 to 64 lower-case letters, digits or '-'; empty for the gateway's own", text => text.Length == 0 || PoolPattern().IsMatch(text));

    /// <summary>An absolute URL.</summary>
    internal static TextFormat Url { get; } = new("an absolute http or https URL such as http://10.0.0.5:8000, without user and query", IsHttpUrl);

    /// <summary>An absolute URL, or nothing.</summary>
    internal static TextFormat OptionalUrl { get; } =
        new("an absolute http or https URL such as http://10.0.0.5:8000, without user and query; empty for the default", text => text.Length == 0 || IsHttpUrl(text));

    /// <summary>Core numbers, or nothing.</summary>
    internal static TextFormat Cores { get; } =
        new($"core numbers up to {CoreList.MaxCore} and ranges such as 0-3,8; empty for all", text => CoreList.TryParse(text, out _));

    /// <summary>Whether a text is an absolute http or https URL with a host, and without user, query, fragment, blanks, backslashes and characters that cannot
    /// be seen.</summary>
    public static bool IsHttpUrl(string text) =>
        !text.AsSpan().ContainsAny("?#\\@")
        && !text.Any(static one => char.IsWhiteSpace(one) || char.IsControl(one) || char.GetUnicodeCategory(one) == UnicodeCategory.Format)
        && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url is { Host.Length: > 0, Port: > 0, UserInfo.Length: 0 }
        && text.AsSpan(url.Scheme.Length).StartsWith(Uri.SchemeDelimiter);

    private static bool IsHash(string text) => text.StartsWith(ApiKeyOptions.HashPrefix, StringComparison.Ordinal);

    private static bool IsKey(string text) =>
        Secret().IsMatch(text)
        && (!IsHash(text)
            || (text.Length == ApiKeyOptions.HashPrefix.Length + 64 && text.AsSpan(ApiKeyOptions.HashPrefix.Length).IndexOfAnyExcept(HexDigits) < 0));

    /// <summary>Whether a text is a pool's name.</summary>
    public static bool IsPool(string text) => PoolPattern().IsMatch(text);

    [GeneratedRegex(@"\A[!-~]([ -~]*[!-~])?\z")]
    private static partial Regex Secret();

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9+.-]*://[^/\\\s?#@*]+\z")]
    private static partial Regex Origin();

    [GeneratedRegex(@"\A(\*\.)?[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\z")]
    private static partial Regex HostName();

    [GeneratedRegex(@"\A[A-Za-z0-9!#$%&'*+.^_`|~-]+\z")]
    private static partial Regex Token();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[a-z0-9-]{1,64}\z")]
    private static partial Regex PoolPattern();
}
