using System.Net;
using System.Net.Sockets;
using Opsen.Grains.Backends;

namespace Opsen.Grains.Tests.Backends;

public sealed class BackendNetworksTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("::1", true)]
    [InlineData("fd00::7", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("169.253.255.255", true)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("::169.254.169.254", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("fe80::1%3", false)]
    [InlineData("febf::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    [InlineData("239.1.1.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("fd00:ec2::254", false)]
    public void Allows_Usual_IsEverythingButWhereNoBackendIs(string address, bool expected) =>
        Assert.Equal(expected, BackendNetworks.Usual.Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("11.1.2.3", false)]
    [InlineData("169.254.1.1", true)]
    [InlineData("fd00:1::5", true)]
    [InlineData("::1", false)]
    public void Allows_OfAList_IsTheList(string address, bool expected)
    {
        var networks = new BackendNetworks([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("169.254.1.0/24"), IPNetwork.Parse("fd00:1::/32")]);

        Assert.Equal(expected, networks.Allows(IPAddress.Parse(address)));
    }

    [Fact]
    public async Task ConnectAsync_NameThatLeadsWhereNothingMayBe_IsRefusedWithoutAConnection()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var name = new DnsEndPoint("localhost", ((IPEndPoint)listener.LocalEndpoint).Port);

        using (await BackendNetworks.Usual.ConnectAsync(name, isAlsoRefused: null, TestContext.Current.CancellationToken))
        {
            Assert.True(listener.Pending());
            listener.AcceptSocket().Dispose();
        }

        await Assert.ThrowsAsync<RefusedAddressException>(
            () => new BackendNetworks([IPNetwork.Parse("10.0.0.0/8")]).ConnectAsync(name, isAlsoRefused: null, CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<RefusedAddressException>(
            () => BackendNetworks.Usual.ConnectAsync(name, own => own.Port == name.Port, CancellationToken.None).AsTask());
        Assert.False(listener.Pending());
    }
}
