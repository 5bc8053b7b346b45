using System.Net;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Requests;

/// <summary>A set of addresses given as single ones and as CIDR ranges.</summary>
internal sealed class AddressSet
{
    /// <summary>Bits of an IPv4-mapped IPv6 address before the IPv4 address in it.</summary>
    private const int MappedPrefix = 96;

    private readonly IPNetwork[] _ranges;

    private AddressSet(IPNetwork[] ranges) => _ranges = ranges;

    public bool IsEmpty => _ranges.Length == 0;

    /// <summary>Reads the entries of a configuration key.</summary>
    /// <exception cref="FormatException">An entry is neither an address nor a range.</exception>
    public static AddressSet Parse(string key, IReadOnlyList<string> entries) => new([.. entries.Select(entry =>
        AddressRange.TryParse(entry, out var range)
            ? Normalize(range)
            : throw new FormatException($"{key}: '{entry}' is neither an IP address nor a CIDR range such as 10.0.0.0/8."))]);

    /// <summary>Whether an address is in the set; IPv4 in its IPv4-mapped form counts as IPv4.</summary>
    public bool Contains(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        address = AddressText.Normalize(address);
        foreach (var range in _ranges)
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static IPNetwork Normalize(IPNetwork range) => range.BaseAddress.IsIPv4MappedToIPv6 && range.PrefixLength >= MappedPrefix
        ? new IPNetwork(range.BaseAddress.MapToIPv4(), range.PrefixLength - MappedPrefix)
        : range;
}
