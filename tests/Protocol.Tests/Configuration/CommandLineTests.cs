using Opsen.Protocol.Configuration;

namespace Opsen.Protocol.Tests.Configuration;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("-port", "9000")]
    [InlineData("--port", "9000")]
    [InlineData("-port=9000")]
    [InlineData("--port=9000")]
    [InlineData("-port", "1", "-port", "9000")]
    public void Load_FlagInEitherStyle_IsRead(params string[] arguments) => Assert.Equal(9000, LoadServer(arguments).Options?.Port);

    [Fact]
    public void Load_EveryServerFlag_SetsItsOption()
    {
        var options = LoadServer("-port", "9000", "-host=127.0.0.1", "--db", "/tmp/o.db", "-stale", "10", "--cleanup-interval=30").Options!;

        Assert.Equal((9000, "127.0.0.1", "/tmp/o.db"), (options.Port, options.Host, options.Database));
        Assert.Equal((10, 30), (options.StaleMinutes, options.CleanupIntervalSeconds));
    }

    [Fact]
    public void Load_EveryClientFlag_SetsItsOption()
    {
        var options = LoadClient("-server", "http://lb:9000", "-window=0.5", "--interval", "5", "-disk", "/data", "--id=a").Options!;

        Assert.Equal(("http://lb:9000", "/data", "a"), (options.ServerUrl, options.DiskPath, options.ClientId));
        Assert.Equal((0.5, 5), (options.WindowMinutes, options.ReportIntervalSeconds));
    }

    [Theory]
    [InlineData("-bind=1: unknown flag; allowed: -config -port -host -db -stale -cleanup-interval -version -help", "-bind=1")]
    [InlineData("--bind: unknown flag; allowed: -config", "--bind", "1", "-port", "80")]
    [InlineData("-pot: unknown flag; did you mean -port? Allowed: -config", "-pot", "80")]
    [InlineData("--tiers: unknown flag; allowed:", "--tiers")]
    [InlineData("server.yml: is not a flag; allowed:", "server.yml")]
    [InlineData("--: is not a flag; allowed:", "--")]
    [InlineData("-port: has no value; write -port VALUE or -port=VALUE; allowed flags: -config", "-port")]
    [InlineData("-port: has no value;", "-port=")]
    [InlineData("-port: has no value;", "--port", "-stale", "5")]
    [InlineData("-config: has no value;", "-config")]
    [InlineData("-db: has no value;", "-db", "")]
    [InlineData("-version=1: takes no value; allowed:", "-version=1")]
    [InlineData("-port: port: 'x' is not a whole number; allowed: a whole number from 0 to 65535", "-port", "x")]
    [InlineData("-stale: stale_minutes: '-5' is out of range; allowed: a whole number from 1", "-stale", "-5")]
    public void Load_WrongFlag_NamesItAndWhatIsAllowed(string expected, params string[] arguments) =>
        Assert.StartsWith(expected, Assert.Single(LoadServer(arguments).Errors).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("-version")]
    [InlineData("--version")]
    public void Load_Version_PrintsProgramAndVersion(string flag)
    {
        var (result, output, error) = Print(LoadServer("-port", "x", flag));

        Assert.Equal(0, result);
        Assert.Matches(@"\Aopsen-gateway \d+\.\d+\.\d+\S*\r?\n\z", output);
        Assert.Empty(error);
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    public void Load_Help_PrintsEveryFlag(string flag)
    {
        var (result, output, _) = Print(LoadClient(flag));

        Assert.Equal(0, result);
        Assert.StartsWith("Usage: opsen-agent [flags]", output, StringComparison.Ordinal);
        Assert.All(
            ["-config FILE", "-server URL", "-window MINUTES", "-interval SECONDS", "-disk PATH", "-id ID", "-version", "OPSEN_CLIENT_"],
            part => Assert.Contains(part, output, StringComparison.Ordinal));
    }

    [Fact]
    public void Print_SeveralErrors_WritesEachOnALineAndFails()
    {
        var (result, output, error) = Print(LoadServer("-port", "x", "-stale", "y"));

        Assert.Equal(ConfigurationResult<ServerOptions>.InvalidExitCode, result);
        Assert.Empty(output);
        Assert.Equal(2, error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private static ConfigurationResult<ServerOptions> LoadServer(params string[] arguments) =>
        ServerConfiguration.Load("opsen-gateway", arguments, ConfigurationFile.NoVariables);

    private static ConfigurationResult<AgentOptions> LoadClient(params string[] arguments) =>
        AgentConfiguration.Load("opsen-agent", arguments, ConfigurationFile.NoVariables);

    private static (int Result, string Output, string Error) Print<TOptions>(ConfigurationResult<TOptions> result)
        where TOptions : class
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (result.Print(output, error), output.ToString(), error.ToString());
    }
}
