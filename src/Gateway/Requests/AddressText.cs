using System.Globalization;
using System.Net;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Requests;

/// <summary>Reads IP addresses that callers send.</summary>
internal static class AddressText
{
    /// <summary>Reads an address in its usual form, without port, brackets or zone. An IPv4-mapped IPv6 address becomes the IPv4 address.</summary>
    public static IPAddress? Parse(string text) =>
        !text.Contains('%', StringComparison.Ordinal) && AddressRange.TryParseAddress(text, out var address) ? Normalize(address) : null;

    /// <summary>Reads an entry of <c>X-Forwarded-For</c>: an address, alone or with a port ("1.2.3.4:5", "[::1]:5", "[::1]").</summary>
    public static IPAddress? ParseWithPort(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.StartsWith("["))
        {
            var end = text.IndexOf(']');
            return end > 0 && IsPortOrNothing(text[(end + 1)..]) ? Parse(text[1..end].ToString()) : null;
        }

        var colon = text.IndexOf(':');
        if (colon > 0 && colon == text.LastIndexOf(':'))
        {
            return IsPortOrNothing(text[colon..]) ? Parse(text[..colon].ToString()) : null;
        }

        return Parse(text.ToString());
    }

    /// <summary>The IPv4 address behind an IPv4-mapped one; any other address as it is.</summary>
    public static IPAddress Normalize(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsPortOrNothing(ReadOnlySpan<char> text) =>
        text.IsEmpty || (text[0] == ':' && ushort.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out _));
}
