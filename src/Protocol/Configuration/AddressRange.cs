using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Opsen.Protocol.Configuration;

/// <summary>Addresses and CIDR ranges as <c>whitelisted_ips</c> and <c>trusted_proxies</c> hold them.</summary>
public static class AddressRange
{
    /// <summary>Parses "192.0.2.7", "192.0.2.0/24", "2001:db8::/32". Bits after the prefix are ignored: "192.0.2.7/24" is "192.0.2.0/24".</summary>
    /// <param name="text">An address, or an address, a slash and the length of the prefix.</param>
    /// <param name="range">The range; of one address when there is no slash.</param>
    /// <returns>Whether the text is a range.</returns>
    public static bool TryParse(string text, out IPNetwork range)
    {
        ArgumentNullException.ThrowIfNull(text);
        range = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryParseAddress(slash < 0 ? text : text[..slash], out var address))
        {
            return false;
        }

        var bytes = address.GetAddressBytes();
        var length = bytes.Length * 8;
        if (slash >= 0
            && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bytes.Length * 8))
        {
            return false;
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF00 >> kept);
        }

        range = new IPNetwork(new IPAddress(bytes), length);
        return true;
    }

    /// <summary>Parses an address strictly: "1" or "0x7f.1", which <see cref="IPAddress"/> takes for IPv4, are refused.</summary>
    /// <param name="text">Four decimal parts, or IPv6 without brackets.</param>
    /// <param name="address">The address; <see cref="IPAddress.None"/> when the text is wrong.</param>
    /// <returns>Whether the text is an address.</returns>
    public static bool TryParseAddress(string text, out IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = IPAddress.None;
        if (text.StartsWith('[') || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        if (parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() != text)
        {
            return false;
        }

        address = parsed;
        return true;
    }
}
