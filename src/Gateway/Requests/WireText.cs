using System.Buffers;

namespace Opsen.Gateway.Requests;

/// <summary>
/// What may be written into a request to a backend. The HTTP client writes a target as ASCII without looking: of a character that is none, it sends what its
/// buffer held before, which may be another user's request. So nothing else ever reaches it.
/// </summary>
internal static class WireText
{
    /// <summary>What every target must be; for people.</summary>
    public const string TargetRule = "The request target has a character that a URI cannot have: a blank, a control character, \"#\", or one beyond ASCII. Percent-encode it.";

    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\r\n\0");

    /// <summary>Whether a path and query, or any other form of a target (RFC 9112, section 3.2), has only visible ASCII characters, and no fragment.</summary>
    public static bool IsTarget(ReadOnlySpan<char> target) => !target.IsEmpty && !target.ContainsAnyExceptInRange('!', '~') && !target.Contains('#');

    /// <summary>A name that a host or a configuration gave, fit for a header, so that no two names look alike: percent-encoded where it has anything but
    /// visible ASCII and blanks, or a percent sign.</summary>
    public static string Encode(string name) => !name.AsSpan().ContainsAnyExceptInRange(' ', '~') && !name.Contains('%') ? name
        : Uri.EscapeDataString(name).Replace("%20", " ", StringComparison.Ordinal);

    /// <summary>What somebody sent, fit for a message: what is no visible ASCII character and no blank becomes a question mark.</summary>
    public static string Printable(string name) => !name.AsSpan().ContainsAnyExceptInRange(' ', '~')
        ? name
        : string.Create(name.Length, name, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
            }
        });

    /// <summary>Whether a header may have this value.</summary>
    public static bool IsFieldValue(ReadOnlySpan<char> value) => !value.ContainsAnyExceptInRange('\0', '\u00FF') && !value.ContainsAny(LineEnds);
}
