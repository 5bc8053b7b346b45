using Opsen.Protocol.Configuration;

namespace Opsen.Protocol.Tests.Configuration;

public sealed class ServerRulesTests
{
    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "0.0.0.0", true)]
    [InlineData("*", "::1", true)]
    [InlineData("localhost", "127.0.0.1", true)]
    [InlineData("localhost", "::1", true)]
    [InlineData("::", "127.0.0.1", true)]
    [InlineData("10.0.0.1", "127.0.0.1", false)]
    [InlineData("0.0.0.0", "::1", false)]
    [InlineData("localhost", "10.0.0.1", false)]
    public void Load_SamePortForBothListeners_IsRefusedWhereTheirHostsOverlap(string host, string adminHost, bool refused)
    {
        using var file = new ConfigurationFile($"port: 9000\nadmin_port: 9000\nhost: '{host}'\nadmin_host: '{adminHost}'\nserver_key: key\n");

        Assert.Equal(refused, file.LoadServer().Outcome == ConfigurationOutcome.Invalid);
    }

    [Theory]
    [InlineData("port: 0\nadmin_port: 0\n")]
    [InlineData("silo_port: 30000\n")]
    [InlineData("enable_cors: true\ncors_allowed_origins: ['*']\n")]
    [InlineData("cluster: localhost\nsilo_gateway_port: 30001\n")]
    [InlineData("proxy_endpoints: ['/', '*', '/*']\n")]
    [InlineData("tier_header: ''\n")]
    public void Load_WhatTheRulesAllow_LoadsWithoutAWarning(string yaml)
    {
        using var file = new ConfigurationFile(yaml);

        var result = file.LoadServer();

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void Load_GatewayPortOfAnEmbeddedSilo_WarnsThatItHasNoEffect()
    {
        using var file = new ConfigurationFile("silo_gateway_port: 30001\n");

        Assert.EndsWith("silo_gateway_port: has no effect with cluster: embedded", Assert.Single(file.LoadServer().Warnings), StringComparison.Ordinal);
    }
}
