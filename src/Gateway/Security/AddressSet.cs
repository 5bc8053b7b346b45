using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Opsen.Gateway.Security;

/// <summary>A set of addresses given as single ones and as CIDR ranges.</summary>
internal sealed class AddressSet
{
    /// <summary>Bits of an IPv4-mapped IPv6 address before the IPv4 address in it.</summary>
    private const int MappedPrefix = 96;

    private readonly IPNetwork[] _networks;

    private AddressSet(IPNetwork[] networks) => _networks = networks;

    /// <summary>Whether nothing is in the set.</summary>
    public bool IsEmpty => _networks.Length == 0;

    /// <summary>Reads the entries of a configuration key.</summary>
    /// <exception cref="FormatException">An entry is neither an address nor a range.</exception>
    public static AddressSet Parse(string key, IReadOnlyList<string> entries) => new([.. entries
        .Where(entry => !string.IsNullOrWhiteSpace(entry))
        .Select(entry => TryParse(entry.Trim())
            ?? throw new FormatException($"{key}: '{entry}' is neither an IP address nor a CIDR range such as 10.0.0.0/8."))]);

    /// <summary>Whether an address is in the set; IPv4 in its IPv4-mapped form counts as IPv4.</summary>
    public bool Contains(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        address = AddressText.Normalize(address);
        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static IPNetwork? TryParse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address))
        {
            return null;
        }

        var longest = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var prefix = longest;
        if (slash >= 0 && !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix))
        {
            return null;
        }

        if (prefix > longest)
        {
            return null;
        }

        if (address.IsIPv4MappedToIPv6 && prefix >= MappedPrefix)
        {
            (address, prefix) = (address.MapToIPv4(), prefix - MappedPrefix);
        }

        return new IPNetwork(ClearHostBits(address, prefix), prefix);
    }

    /// <summary>Makes "10.1.2.3/8" mean 10.0.0.0/8, as most programs read it; <see cref="IPNetwork"/> refuses it.</summary>
    private static IPAddress ClearHostBits(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = Math.Clamp(prefix - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - bits));
        }

        return new IPAddress(bytes);
    }
}
