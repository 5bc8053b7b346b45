using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Opsen.Gateway.Security;

/// <summary>Reads IP addresses from text. <see cref="IPAddress.TryParse(string, out IPAddress)"/> alone also takes "1", "0x7f.1" and "010.0.0.1".</summary>
internal static class AddressText
{
    /// <summary>Reads an address in its usual form, without port, brackets or zone. An IPv4-mapped IPv6 address becomes the IPv4 address.</summary>
    public static IPAddress? Parse(ReadOnlySpan<char> text)
    {
        if (text.ContainsAny("[]%") || !IPAddress.TryParse(text, out var address))
        {
            return null;
        }

        if (address.AddressFamily == AddressFamily.InterNetwork && !text.SequenceEqual(address.ToString()))
        {
            return null;
        }

        return Normalize(address);
    }

    /// <summary>Reads an entry of <c>X-Forwarded-For</c>: an address, alone or with a port ("1.2.3.4:5", "[::1]:5", "[::1]").</summary>
    public static IPAddress? ParseWithPort(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.StartsWith("["))
        {
            var end = text.IndexOf(']');
            return end > 0 && IsPortOrNothing(text[(end + 1)..]) ? Parse(text[1..end]) : null;
        }

        var colon = text.IndexOf(':');
        var isV4WithPort = colon > 0 && colon == text.LastIndexOf(':');
        return isV4WithPort ? IsPortOrNothing(text[colon..]) ? Parse(text[..colon]) : null : Parse(text);
    }

    /// <summary>The IPv4 address behind an IPv4-mapped one; any other address as it is.</summary>
    public static IPAddress Normalize(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsPortOrNothing(ReadOnlySpan<char> text) =>
        text.IsEmpty || (text[0] == ':' && ushort.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out _));
}
