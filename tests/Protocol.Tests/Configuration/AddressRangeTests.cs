using System.Net;
using Opsen.Protocol.Configuration;

namespace Opsen.Protocol.Tests.Configuration;

public sealed class AddressRangeTests
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7/32")]
    [InlineData("192.0.2.7/24", "192.0.2.0/24")]
    [InlineData("192.0.2.255/25", "192.0.2.128/25")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("255.255.255.255/0", "0.0.0.0/0")]
    [InlineData("2001:db8::1", "2001:db8::1/128")]
    [InlineData("2001:db8:ffff::/36", "2001:db8:f000::/36")]
    public void TryParse_AddressOrRange_GivesTheNetwork(string text, string network)
    {
        Assert.True(AddressRange.TryParse(text, out var range));
        Assert.Equal(IPNetwork.Parse(network), range);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("10.0.0")]
    [InlineData("010.0.0.1")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("2001:db8::/129")]
    [InlineData("[::1]")]
    [InlineData("example.com")]
    public void TryParse_SomethingElse_IsRefused(string text) => Assert.False(AddressRange.TryParse(text, out _));
}
