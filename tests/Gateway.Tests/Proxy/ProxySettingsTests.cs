using Opsen.Gateway.Proxy;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class ProxySettingsTests
{
    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(250, 250)]
    public void From_FlushInterval_BecomesATime(int configured, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ProxySettings.From(new ServerOptions { ProxySseFlushIntervalMs = configured }).EventStreamFlush);

    [Theory]
    [InlineData(30, 30_000)]
    [InlineData(0, -1)]
    public void From_RequestTimeout_ZeroMeansNone(int configured, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ProxySettings.From(new ServerOptions { RequestTimeoutSeconds = configured }).RequestTimeout);

    [Fact]
    public void From_ConnectTimeout_IsInSeconds() =>
        Assert.Equal(TimeSpan.FromSeconds(7), ProxySettings.From(new ServerOptions { ConnectTimeoutSeconds = 7 }).ConnectTimeout);
}
