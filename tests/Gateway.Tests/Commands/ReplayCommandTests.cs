using Opsen.Gateway.Commands;

namespace Opsen.Gateway.Tests.Commands;

public sealed class ReplayCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Fact]
    public async Task Replay_LogOfOneDecision_IsATableAndJson()
    {
        var log = _directory.File("decisions.log");
        await File.WriteAllTextAsync(log, """
            {"kind":"begin","pool":"default","time":"2026-11-27T12:00:00+00:00","tiers":[{"name":"web","vcpu":1}]}
            {"kind":"refused","pool":"default","ms":5000,"tier":"web"}

            """, TestContext.Current.CancellationToken);

        Assert.Equal(0, await RunAsync("replay", log));
        Assert.Contains("Pool default, from 2026-11-27 12:00:00Z for 00:00:05: 1 decisions, 0 hosts", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("projected    100.0 %        1     -", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("replay", log, "-json", "-only", "default"));
        Assert.Contains("\"name\":\"classic\",\"same_host_pct\":100,\"refused\":1", _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    [Theory]
    [InlineData(2, "replay wants the file", "replay")]
    [InlineData(2, "replay has no flag '-port'", "replay", "FILE", "-port", "3")]
    [InlineData(2, "-horizon is '0'; give minutes, more than 0 and at most 1440", "replay", "FILE", "-horizon", "0")]
    [InlineData(1, "cannot be read", "replay", "FILE.missing")]
    [InlineData(1, "has no decisions", "replay", "FILE")]
    [InlineData(1, "has nothing of pool 'other'", "replay", "FILE", "-only", "other")]
    public async Task Replay_UsedWrongly_SaysWhatToChange(int exitCode, string problem, params string[] arguments)
    {
        var log = _directory.File("decisions.log");
        await File.WriteAllTextAsync(log, "", TestContext.Current.CancellationToken);

        Assert.Equal(exitCode, await RunAsync([.. arguments.Select(argument => argument.Replace("FILE", log, StringComparison.Ordinal))]));

        Assert.Contains(problem, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Replay_FileOfSomethingElse_NamesTheLine()
    {
        var log = _directory.File("decisions.log");
        await File.WriteAllTextAsync(log, "root:x:0:0\nmore\n", TestContext.Current.CancellationToken);

        Assert.Equal(1, await RunAsync("replay", log));

        Assert.Contains("is no decision log: line 1:", _error.ToString(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _directory.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    private async Task<int?> RunAsync(params string[] arguments) => await CommandProgram.TryRunAsync(arguments, _output, _error);
}
