using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Listeners.Addresses;

/// <summary>What the first bytes of a connection say.</summary>
internal enum ProxyHeaderState
{
    /// <summary>They are no PROXY protocol header.</summary>
    Invalid,

    /// <summary>More bytes are needed.</summary>
    Unfinished,

    Complete,
}

/// <summary>Reads the header with which a load balancer says whose connection it passes on: the PROXY protocol, versions 1 (text) and 2 (binary), as in
/// HAProxy's proxy-protocol.txt.</summary>
internal static class ProxyHeader
{
    /// <summary>The longest header that is read, bytes: one of version 2 may have extensions, such as the client's certificate.</summary>
    private const int MaxLength = 4096;

    /// <summary>The longest line of version 1, with its end.</summary>
    private const int MaxLine = 107;

    /// <summary>Of version 2, before the addresses.</summary>
    private const int FixedLength = 16;

    private const int VersionTwo = 0x20;
    private const int Local = 0x20;
    private const int Proxied = 0x21;
    private const int TcpOverIpv4 = 0x11;
    private const int TcpOverIpv6 = 0x21;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> Word => "PROXY "u8;

    /// <summary>Looks at what has arrived.</summary>
    /// <param name="arrived">The first bytes.</param>
    /// <param name="length">How many of them are the header.</param>
    /// <param name="source">The client; null where the header names none: the load balancer's own connection, or a client without an address.</param>
    public static ProxyHeaderState Read(in ReadOnlySequence<byte> arrived, out int length, out IPEndPoint? source)
    {
        var start = arrived.Length <= MaxLength ? arrived : arrived.Slice(0, MaxLength);
        if (start.IsSingleSegment)
        {
            return Read(start.FirstSpan, out length, out source);
        }

        return Read(start.ToArray(), out length, out source);
    }

    private static ProxyHeaderState Read(ReadOnlySpan<byte> bytes, out int length, out IPEndPoint? source)
    {
        (length, source) = (0, null);
        return Matches(bytes, Signature) ? ReadBinary(bytes, ref length, ref source)
            : Matches(bytes, Word) ? ReadLine(bytes, ref length, ref source)
            : ProxyHeaderState.Invalid;
    }

    /// <summary>Whether the bytes begin as they should, as far as they have arrived.</summary>
    private static bool Matches(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> beginning) =>
        bytes.Length < beginning.Length ? beginning.StartsWith(bytes) : bytes.StartsWith(beginning);

    /// <summary><c>PROXY TCP4 192.0.2.1 192.0.2.2 4711 443</c>, or <c>PROXY UNKNOWN</c> with anything behind it.</summary>
    private static ProxyHeaderState ReadLine(ReadOnlySpan<byte> bytes, ref int length, ref IPEndPoint? source)
    {
        var end = bytes[..Math.Min(bytes.Length, MaxLine)].IndexOf("\r\n"u8);
        if (end < 0)
        {
            return bytes.Length < MaxLine ? ProxyHeaderState.Unfinished : ProxyHeaderState.Invalid;
        }

        length = end + 2;
        if (bytes.Length < Word.Length)
        {
            return ProxyHeaderState.Invalid;
        }

        var fields = Encoding.ASCII.GetString(bytes[Word.Length..end]).Split(' ');
        if (fields[0] == "UNKNOWN")
        {
            return ProxyHeaderState.Complete;
        }

        if (fields is not ["TCP4" or "TCP6", var client, var server, var clientPort, var serverPort]
            || !AddressRange.TryParseAddress(client, out var address) || !AddressRange.TryParseAddress(server, out var destination)
            || !TryParsePort(clientPort, out var port) || !TryParsePort(serverPort, out _)
            || address.AddressFamily != destination.AddressFamily || client.Contains(':') != (fields[0] == "TCP6"))
        {
            return ProxyHeaderState.Invalid;
        }

        source = new IPEndPoint(address, port);
        return ProxyHeaderState.Complete;
    }

    private static ProxyHeaderState ReadBinary(ReadOnlySpan<byte> bytes, ref int length, ref IPEndPoint? source)
    {
        if (bytes.Length < FixedLength)
        {
            return bytes.Length > Signature.Length && (bytes[Signature.Length] & 0xF0) != VersionTwo ? ProxyHeaderState.Invalid : ProxyHeaderState.Unfinished;
        }

        var (command, family) = (bytes[Signature.Length], bytes[Signature.Length + 1]);
        length = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[(Signature.Length + 2)..]);
        if (command is not (Local or Proxied) || length > MaxLength)
        {
            return ProxyHeaderState.Invalid;
        }

        if (bytes.Length < length)
        {
            return ProxyHeaderState.Unfinished;
        }

        // Other families, such as Unix sockets, have no address that means anything here.
        var addressLength = family switch { TcpOverIpv4 => 4, TcpOverIpv6 => 16, _ => 0 };
        if (command == Local || addressLength == 0)
        {
            return ProxyHeaderState.Complete;
        }

        // Both addresses, then both ports.
        var addresses = bytes[FixedLength..length];
        if (addresses.Length < (2 * addressLength) + 4)
        {
            return ProxyHeaderState.Invalid;
        }

        source = new IPEndPoint(new IPAddress(addresses[..addressLength]), BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * addressLength)..]));
        return ProxyHeaderState.Complete;
    }

    private static bool TryParsePort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && (text.Length == 1 || text[0] != '0');
}
