using System.Net;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Security;

namespace Opsen.Gateway.Tests.Requests;

public sealed class AddressTests
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::1", "::1")]
    [InlineData("2001:DB8::7", "2001:db8::7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    public void Parse_Address_IsNormalised(string text, string expected) => Assert.Equal(expected, AddressText.Parse(text)?.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("192.0.2")]
    [InlineData("192.0.2.07")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("192.0.2.7:80")]
    [InlineData("[::1]")]
    [InlineData("fe80::1%1")]
    [InlineData(" ::1")]
    [InlineData("example.com")]
    public void Parse_OtherText_IsNull(string text) => Assert.Null(AddressText.Parse(text));

    [Theory]
    [InlineData("192.0.2.7:80", "192.0.2.7")]
    [InlineData(" 192.0.2.7 ", "192.0.2.7")]
    [InlineData("[2001:db8::7]:443", "2001:db8::7")]
    [InlineData("[2001:db8::7]", "2001:db8::7")]
    [InlineData("2001:db8::7", "2001:db8::7")]
    public void ParseWithPort_Entry_IsTheAddress(string text, string expected) => Assert.Equal(expected, AddressText.ParseWithPort(text)?.ToString());

    [Theory]
    [InlineData("unknown")]
    [InlineData("192.0.2.7:x")]
    [InlineData("192.0.2.7:99999")]
    [InlineData("[2001:db8::7")]
    [InlineData("[2001:db8::7]x")]
    [InlineData("_hidden")]
    public void ParseWithPort_OtherText_IsNull(string text) => Assert.Null(AddressText.ParseWithPort(text));

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", true)]
    [InlineData("10.1.2.3/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.2.3.4", true)]
    [InlineData("::ffff:10.0.0.0/104", "10.2.3.4", true)]
    [InlineData("2001:db8::/32", "2001:db8:1::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("0.0.0.0/0", "203.0.113.1", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    public void Contains_Range_CoversItsAddresses(string range, string address, bool expected) =>
        Assert.Equal(expected, AddressSet.Parse("whitelisted_ips", [range]).Contains(IPAddress.Parse(address)));

    [Fact]
    public void Contains_NoAddress_IsFalse() => Assert.False(AddressSet.Parse("whitelisted_ips", ["0.0.0.0/0", "::/0"]).Contains(null));

    [Fact]
    public void Parse_BadEntry_NamesTheKey() =>
        Assert.Contains("trusted_proxies: '10.0.0.0/33'", Assert.Throws<FormatException>(() => AddressSet.Parse("trusted_proxies", ["10.0.0.0/33"])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("198.51.100.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("203.0.113.9, 10.0.0.2", "203.0.113.9")]
    [InlineData("198.51.100.1, 203.0.113.9:4711, 10.0.0.2 ,10.0.0.3", "203.0.113.9")]
    [InlineData("10.0.0.4, 10.0.0.3", "10.0.0.4")]
    [InlineData("203.0.113.9, garbage, 10.0.0.3", "10.0.0.3")]
    [InlineData("garbage", null)]
    [InlineData("", null)]
    public void FindClient_Chain_IsTheRightmostThatIsNotTrusted(string chain, string? expected) =>
        Assert.Equal(expected, ForwardedCallerMiddleware.FindClient(chain, AddressSet.Parse("trusted_proxies", ["10.0.0.0/8"]))?.ToString());

    [Fact]
    public void FindClient_SeveralHeaders_AreOneChain() =>
        Assert.Equal(
            "203.0.113.9",
            ForwardedCallerMiddleware.FindClient(new(["198.51.100.1", "203.0.113.9", "10.0.0.2"]), AddressSet.Parse("trusted_proxies", ["10.0.0.0/8"]))?.ToString());

    [Fact]
    public void CallerBlock_Ipv6_IsItsSlash64()
    {
        var first = CallerBlock.Of(IPAddress.Parse("2001:db8:0:1::1"));

        Assert.Equal(first, CallerBlock.Of(IPAddress.Parse("2001:db8:0:1:ffff::2")));
        Assert.NotEqual(first, CallerBlock.Of(IPAddress.Parse("2001:db8:0:2::1")));
    }

    [Fact]
    public void CallerBlock_Ipv4_IsTheAddressInEitherForm()
    {
        var first = CallerBlock.Of(IPAddress.Parse("192.0.2.1"));

        Assert.Equal(first, CallerBlock.Of(IPAddress.Parse("::ffff:192.0.2.1")));
        Assert.NotEqual(first, CallerBlock.Of(IPAddress.Parse("192.0.2.2")));
    }
}
