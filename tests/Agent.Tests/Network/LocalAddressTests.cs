using System.Net;
using System.Net.Sockets;
using Opsen.Agent.Network;

namespace Opsen.Agent.Tests.Network;

public sealed class LocalAddressTests
{
    [Fact]
    public async Task Towards_Loopback_IsLoopback() =>
        Assert.Equal(IPAddress.Loopback, (await LocalAddress.TowardsAsync(new Uri("http://127.0.0.1:8080"), CancellationToken.None))!.Local);

    [Fact]
    public async Task Towards_NameWithSeveralAddresses_TakesTheOneThatAccepts()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "there is no IPv6");
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using var listener = new TcpListener(address, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            var route = await LocalAddress.TowardsAsync(
                [new IPEndPoint(IPAddress.IPv6Loopback, port), new IPEndPoint(IPAddress.Loopback, port)], CancellationToken.None);
            Assert.Equal(address, route!.Local);
        }
    }

    [Fact]
    public async Task Towards_UnknownName_IsUnknown() =>
        Assert.Null(await LocalAddress.TowardsAsync(new Uri("http://no-such-host.invalid"), CancellationToken.None));

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.15.0.1", true)]
    [InlineData("100.128.0.1", true)]
    [InlineData("2a00:1450:4001::1", true)]
    [InlineData("0.1.2.3", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.1.1", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("198.19.0.1", false)]
    [InlineData("203.0.113.9", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("2001:db8::1", false)]
    public void IsPublic_Address_FollowsTheRegistry(string address, bool expected) =>
        Assert.Equal(expected, LocalAddress.IsPublic(IPAddress.Parse(address)));
}
