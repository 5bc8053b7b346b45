using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using Opsen.Gateway.Listeners.Addresses;

namespace Opsen.Gateway.Tests.Listeners;

/// <summary>PROXY protocol headers, whole, in pieces and broken.</summary>
public sealed class ProxyHeaderTests
{
    private const string Rest = "GET / HTTP/1.1\r\n";

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\n", "192.0.2.1:4711")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 1 443\r\n", "[2001:db8::1]:1")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff 65535 65535\r\n", null)]
    public void Read_Line_TellsTheClient(string header, string? client) => AssertReads(Encoding.ASCII.GetBytes(header), client);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("PROXY TCP4\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 4711\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 4711 443 1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 65536 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 +1 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 01 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1  192.0.2.2 4711 443\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 2001:db8::2 1 443\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 192.0.2.2 4711 443\r\n")]
    [InlineData("PROXY TCP4 0xC0000201 192.0.2.2 4711 443\r\n")]
    [InlineData("PROXY TCP4 host.example 192.0.2.2 4711 443\r\n")]
    [InlineData("proxy TCP4 192.0.2.1 192.0.2.2 4711 443\r\n")]
    [InlineData("PROXY UNKNOWN 345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234\r\n")]
    public void Read_BrokenLine_IsInvalid(string header) => Assert.Equal(ProxyHeaderState.Invalid, Read(Encoding.ASCII.GetBytes(header), out _, out _));

    [Fact]
    public void Read_Binary_TellsTheClient()
    {
        AssertReads(Binary(0x21, 0x11, [192, 0, 2, 1, 192, 0, 2, 2, 0x12, 0x67, 0x01, 0xBB]), "192.0.2.1:4711");
        AssertReads(Binary(0x21, 0x21, [.. IPAddress.Parse("2001:db8::1").GetAddressBytes(), .. new byte[16], 0, 1, 0, 2]), "[2001:db8::1]:1");
        AssertReads(Binary(0x21, 0x11, [192, 0, 2, 1, 192, 0, 2, 2, 0x12, 0x67, 0x01, 0xBB, 0x04, 0, 3, 1, 2, 3]), "192.0.2.1:4711");

        // The load balancer's own connection, and clients of a Unix socket.
        AssertReads(Binary(0x20, 0x00, []), null);
        AssertReads(Binary(0x20, 0x11, new byte[12]), null);
        AssertReads(Binary(0x21, 0x31, new byte[216]), null);
        AssertReads(Binary(0x21, 0x00, []), null);
    }

    [Fact]
    public void Read_BrokenBinary_IsInvalid()
    {
        byte[][] broken =
        [
            Binary(0x11, 0x11, new byte[12]), Binary(0x22, 0x11, new byte[12]), Binary(0x21, 0x11, new byte[11]), Binary(0x21, 0x21, new byte[12]),
            Binary(0x21, 0x11, new byte[4096]),
        ];
        Assert.All(broken, static bytes => Assert.Equal(ProxyHeaderState.Invalid, Read(bytes, out _, out _)));
    }

    [Fact]
    public void Read_MutatedHeaders_NeverThrowsAndNeverTakesMoreThanThereIs()
    {
        var random = new Random(20261126);
        byte[][] seeds =
        [
            "PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\n"u8.ToArray(), "PROXY UNKNOWN\r\n"u8.ToArray(), Binary(0x21, 0x11, new byte[12]),
            Binary(0x21, 0x21, new byte[40]),
        ];
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = seeds[random.Next(seeds.Length)].ToArray();
            for (var change = random.Next(4); change >= 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = bytes[..random.Next(bytes.Length + 1)];
            if (Read(bytes, out var length, out _) == ProxyHeaderState.Complete)
            {
                Assert.InRange(length, 1, bytes.Length);
            }
        }
    }

    private static void AssertReads(byte[] header, string? client)
    {
        byte[] all = [.. header, .. Encoding.ASCII.GetBytes(Rest)];
        for (var arrived = 0; arrived < header.Length; arrived++)
        {
            Assert.Equal(ProxyHeaderState.Unfinished, Read(all[..arrived], out _, out _));
        }

        Assert.Equal(ProxyHeaderState.Complete, Read(all, out var length, out var source));
        Assert.Equal((header.Length, client), (length, source?.ToString()));
        Assert.Equal(ProxyHeaderState.Complete, ProxyHeader.Read(Segments.Of(all, 3), out length, out source));
        Assert.Equal((header.Length, client), (length, source?.ToString()));
    }

    private static ProxyHeaderState Read(byte[] bytes, out int length, out IPEndPoint? source) =>
        ProxyHeader.Read(new ReadOnlySequence<byte>(bytes), out length, out source);

    private static byte[] Binary(byte command, byte family, byte[] rest)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)rest.Length);
        return [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, .. length, .. rest];
    }
}
