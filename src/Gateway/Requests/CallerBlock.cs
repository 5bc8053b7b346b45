using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Opsen.Gateway.Requests;

/// <summary>What one rate limit counts: an IPv4 address, or an IPv6 /64, which is what one customer usually has.</summary>
/// <param name="Family">The kind of address; <see cref="AddressFamily.Unspecified"/> for connections without one, which share a bucket;
/// <see cref="AddressFamily.Unknown"/> for a key.</param>
/// <param name="Bits">The address, or its first 64 bits; a key's number.</param>
internal readonly record struct CallerBlock(AddressFamily Family, ulong Bits)
{
    /// <summary>The block of an address.</summary>
    public static CallerBlock Of(IPAddress? address)
    {
        if (address is null)
        {
            return default;
        }

        address = AddressText.Normalize(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return new CallerBlock(
            address.AddressFamily,
            written == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }
}
