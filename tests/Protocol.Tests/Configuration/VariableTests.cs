using Opsen.Protocol.Configuration;

namespace Opsen.Protocol.Tests.Configuration;

public sealed class VariableTests
{
    [Fact]
    public void Load_ValueInEverySource_TheStrongerWins()
    {
        using var file = new ConfigurationFile("port: 1\nstale_minutes: 1\nsticky_header: X-One\n");
        var variables = new Dictionary<string, string> { ["OPSEN_SERVER_PORT"] = "2", ["OPSEN_SERVER_STALE_MINUTES"] = "2" };

        var options = ServerConfiguration.Load("opsen-gateway", ["-config", file.Path, "-port", "3"], variables).Options!;

        Assert.Equal((3, 2, "X-One", 120), (options.Port, options.StaleMinutes, options.StickyHeader, options.RateLimitBurst));
    }

    [Fact]
    public void Load_ConfigFileVariable_NamesTheFileUnlessAFlagDoes()
    {
        using var file = new ConfigurationFile("port: 1\n");
        var other = file.Beside("other.yml", "port: 2\n");
        var variables = new Dictionary<string, string> { ["OPSEN_CONFIG_FILE"] = file.Path };

        Assert.Equal(1, ServerConfiguration.Load("opsen-gateway", [], variables).Options?.Port);
        Assert.Equal(2, ServerConfiguration.Load("opsen-gateway", ["-config", other], variables).Options?.Port);
    }

    [Theory]
    [InlineData("STALE_TIMEOUT", "9", "stale_minutes")]
    [InlineData("CLEANUP_INTERVAL", "9", "cleanup_interval_seconds")]
    [InlineData("CLEANUP_INTERVAL_SECONDS", "9", "cleanup_interval_seconds")]
    [InlineData("DATABASE", "/data/opsen.db", "database")]
    [InlineData("JSON_LOGGING", "true", "json_logging")]
    [InlineData("LOG_LEVEL", "DEBUG", "log_level")]
    [InlineData("API_KEYS", "one, two", "api_keys")]
    [InlineData("TIERS", "[{name: a, vcpu: 2}]", "tiers")]
    public void Load_ServerVariable_SetsJustItsKey(string variable, string value, string key)
    {
        var options = LoadServer(variable, value).Options!;

        Assert.Equal([key], options.ExplicitKeys);
        Assert.Equal([key], ServerConfiguration.Definition.Keys.Where(one => !one.Same(options, new ServerOptions())).Select(one => one.Name));
    }

    [Fact]
    public void Load_ListsFromVariables_AreSplitAtCommas()
    {
        Assert.Equal(["one", "two", "~"], LoadServer("API_KEYS", "one, two,~").Options!.ApiKeys.Select(static key => key.Key));
        Assert.Equal(
            [new("one"), new("two", ApiScope.Read, "grafana")], LoadServer("API_KEYS", "[one, {key: two, scope: read, name: grafana}]").Options!.ApiKeys);
        Assert.Equal(new TierOptions { Name = "a", Vcpu = 2, MemoryGb = 0.5 }, LoadServer("TIERS", "[{name: a, vcpu: 2, memory_gb: 0.5}]").Options!.Tiers[0]);
    }

    [Fact]
    public void Load_ClientVariables_AreRead()
    {
        var variables = new Dictionary<string, string>
        {
            ["OPSEN_CLIENT_SERVER_URL"] = "http://opsen-server:8080",
            ["OPSEN_CLIENT_WINDOW_MINUTES"] = "0.5",
            ["OPSEN_CLIENT_INTERVAL_SECONDS"] = "7",
            ["OPSEN_CLIENT_DISK_PATH"] = "/data",
            ["OPSEN_CLIENT_CLIENT_ID"] = "12",
            ["OPSEN_CLIENT_ENDPOINTS"] = "[{url: http://a, paths: [/x]}]",
            ["OPSEN_SERVER_NONSENSE"] = "of another program",
        };

        var options = AgentConfiguration.Load("opsen-agent", [], variables).Options!;

        Assert.Equal(("http://opsen-server:8080", "/data", "12"), (options.ServerUrl, options.DiskPath, options.ClientId));
        Assert.Equal((0.5, 7), (options.WindowMinutes, options.ReportIntervalSeconds));
        Assert.Equal(["/x"], Assert.Single(options.Endpoints).Paths);
    }

    [Theory]
    [InlineData("API_KEY", "x", "OPSEN_SERVER_API_KEY: unknown variable; did you mean OPSEN_SERVER_API_KEYS?")]
    [InlineData("SOMETHING_ELSE", "x", "OPSEN_SERVER_SOMETHING_ELSE: unknown variable; allowed: OPSEN_SERVER_ and a key of server.yml in upper case")]
    [InlineData("PORT", "x", "OPSEN_SERVER_PORT: port: 'x' is not a whole number; allowed:")]
    [InlineData("SERVER_KEY", " pass ", "OPSEN_SERVER_SERVER_KEY: server_key: the value is not valid; allowed:")]
    [InlineData("WHITELISTED_IPS", "10.0.0.0/8,x", "OPSEN_SERVER_WHITELISTED_IPS: whitelisted_ips[1]: 'x' is not valid; allowed:")]
    [InlineData("TIERS", "[{name: a", "OPSEN_SERVER_TIERS: broken YAML:")]
    [InlineData("TIERS", "[{vcpu: 2}]", "OPSEN_SERVER_TIERS: tiers[0].name: is missing; allowed:")]
    [InlineData("STATS_RETENTION_HOURS", "-1", "OPSEN_SERVER_STATS_RETENTION_HOURS: stats_retention_hours: '-1' is out of range; allowed: a whole number from 0 to 87600")]
    public void Load_WrongVariable_NamesItAndWhatIsAllowed(string variable, string value, string expected) =>
        Assert.StartsWith(expected, Assert.Single(LoadServer(variable, value).Errors).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Load_LongAndShortFormTogether_IsAnError()
    {
        var variables = new Dictionary<string, string> { ["OPSEN_SERVER_STALE_TIMEOUT"] = "5", ["OPSEN_SERVER_STALE_MINUTES"] = "6" };

        var error = Assert.Single(ServerConfiguration.Load("opsen-gateway", [], variables).Errors);

        Assert.Equal("OPSEN_SERVER_STALE_TIMEOUT: stale_minutes: is also set by OPSEN_SERVER_STALE_MINUTES; keep one of the two", error.ToString());
    }

    [Theory]
    [InlineData("PORT", "")]
    [InlineData("NONSENSE", "")]
    [InlineData("PORT", "tcp://10.0.0.1:8080")]
    [InlineData("SERVICE_HOST", "10.0.0.1")]
    [InlineData("SERVICE_PORT", "8080")]
    [InlineData("SERVICE_PORT_HTTP", "8080")]
    [InlineData("PORT_8080_TCP", "tcp://10.0.0.1:8080")]
    [InlineData("PORT_8080_TCP_ADDR", "10.0.0.1")]
    public void Load_EmptyVariableOrOneOfAnOrchestrator_CountsAsAbsent(string variable, string value) =>
        Assert.Equal(8080, LoadServer(variable, value).Options?.Port);

    [Fact]
    public void Variables_OfThisProcess_HoldThePath() =>
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), ProcessEnvironment.Variables()["PATH"]);

    private static ConfigurationResult<ServerOptions> LoadServer(string variable, string value) =>
        ServerConfiguration.Load("opsen-gateway", [], new Dictionary<string, string> { [$"OPSEN_SERVER_{variable}"] = value });
}
