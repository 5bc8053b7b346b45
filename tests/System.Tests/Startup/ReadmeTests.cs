using System.Net;
using System.Text.RegularExpressions;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Startup;

/// <summary>What a newcomer does: the README's configuration and calls, as they stand but for what other tests use too: ports,
/// folders and cores.</summary>
public sealed partial class ReadmeTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _readme = File.ReadAllText(Path.Combine(BuildOutput.RepositoryRoot, "README.md"));
    private readonly List<ChildProcess> _programs = [];

    /// <inheritdoc />
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var program in Enumerable.Reverse(_programs))
        {
            await program.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task RunIt_FollowedToTheLetter_ProxiesToTheOwnBackend()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var backend = await EchoServer.StartAsync("own");
        var ports = FreePorts.Take(2).ToArray();

        // The tests that run beside this one leave no core free.
        var server = Block("yaml", "# server.yml").Replace("vcpu: 1,", "vcpu: 0,", StringComparison.Ordinal)
            .Replace("port: 8080", $"port: {ports[0]}\nadmin_port: {ports[1]}", StringComparison.Ordinal)
            .Replace("./opsen.db", _folder.File("opsen.db"), StringComparison.Ordinal);
        var client = $"state_dir: {_folder.File("state")}\n" + Block("yaml", "# client.yml")
            .Replace("localhost:8080", $"localhost:{ports[0]}", StringComparison.Ordinal)
            .Replace("http://localhost:8000", backend.Url.OriginalString.TrimEnd('/'), StringComparison.Ordinal);
        var commands = Block("sh", "dotnet publish src/Gateway").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(commands.Length, 1, 5);
        Assert.Contains("out/gateway/opsen-gateway -config server.yml &", commands);
        Assert.Contains("out/agent/opsen-agent -config client.yml &", commands);

        _programs.Add(Programs.StartGateway(["-config", _folder.Write("server.yml", server)]));
        _programs.Add(Programs.StartAgent(["-config", _folder.Write("client.yml", client)]));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}") };
        var path = new Uri(LastWord().Match(commands[^1]).Value).AbsolutePath;
        await Wait.UntilAsync("a host that is probed", token => IsHealthyAsync(http, token), Patience.Start, cancellation);

        // More of them than the host has cores: none is kept out by what an earlier one reserved.
        for (var i = 0; i < 20; i++)
        {
            using var response = await http.GetAsync(path, cancellation);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains("own", await response.Content.ReadAsStringAsync(cancellation), StringComparison.Ordinal);
        }

        // "As an oracle", with the shell that it is written for.
        var call = Block("sh", "curl -s http://localhost:8080/route").Replace("localhost:8080", $"127.0.0.1:{ports[0]}", StringComparison.Ordinal);
        var file = _folder.Write("call.sh", call);
        _programs.Add(ChildProcess.Start("curl", "bash", ["-c", $"bash {file} > {_folder.File("answer")}"]));
        await Wait.UntilAsync(
            "the answer of /route",
            async token => File.Exists(_folder.File("answer")) && (await File.ReadAllTextAsync(_folder.File("answer"), token)).Contains("reservation_id", StringComparison.Ordinal),
            Patience.Start,
            cancellation);

        // "Operate it": the commands as they stand, but for where the file is.
        foreach (var line in Block("sh", "out/gateway/opsen-gateway hosts").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal("out/gateway/opsen-gateway", words[0]);
            Assert.NotEqual("", await Tool.Gateway.RunAsync([.. words.Skip(1).Select(word => word == "server.yml" ? _folder.File(word) : word)]));
        }
    }

    private static async Task<bool> IsHealthyAsync(HttpClient http, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/clients");
        request.Headers.Add("X-API-Key", "change-me");
        try
        {
            using var response = await http.SendAsync(request, cancellation);
            return (await response.Content.ReadAsStringAsync(cancellation)).Contains("\"health_status\":\"healthy\"", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>The README's block of a language that begins with this text.</summary>
    private string Block(string language, string start)
    {
        var begin = _readme.IndexOf($"```{language}\n{start}", StringComparison.Ordinal);
        Assert.True(begin >= 0, $"README.md has no {language} block that begins with '{start}'");
        begin += language.Length + 4;
        return _readme[begin.._readme.IndexOf("```", begin, StringComparison.Ordinal)];
    }

    [GeneratedRegex(@"http\S+$")]
    private static partial Regex LastWord();
}
