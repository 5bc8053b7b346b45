using System.Net.Sockets;
using System.Text;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Interop;

/// <summary>HAProxy asks the real agent for the host's load (<c>agent_check_port</c>).</summary>
public sealed class HaproxyAgentCheckTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private ChildProcess? _haproxy;
    private ChildProcess? _agent;

    /// <inheritdoc />
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await (_haproxy?.DisposeAsync() ?? default);
        await (_agent?.DisposeAsync() ?? default);
        _folder.Dispose();
    }

    [Fact]
    public async Task AgentCheck_OfHaproxy_SetsTheServersWeight()
    {
        var haproxy = Tool.Require("haproxy", "haproxy");
        var ports = FreePorts.Take(2).ToArray();
        var config = _folder.Write("client.yml", $"""
            server_url: http://127.0.0.1:9
            state_dir: {_folder.File("state")}
            agent_check_port: {ports[0]}
            """);
        var socket = _folder.File("stats");
        var configuration = _folder.Write("haproxy.cfg", $"""
            global
                stats socket {socket} mode 600 level user
            defaults
                mode tcp
                timeout connect 5s
                timeout client 30s
                timeout server 30s
            listen one
                bind 127.0.0.1:{ports[1]}
                server s1 127.0.0.1:{ports[0]} weight 200 check inter 1s agent-check agent-port {ports[0]} agent-inter 200ms

            """);
        _agent = Programs.StartAgent(["-config", config]);
        _haproxy = ChildProcess.Start("haproxy", haproxy.Path, ["-f", configuration, "-db"]);
        await Wait.UntilAsync(
            "a weight by the agent",
            async token => await ReadServerAsync(socket, token) is { } server
                && server["agent_status"] == "L7OK" && server["status"] == "UP" && int.Parse(server["weight"], null) is > 0 and < 200,
            Patience.Start,
            TestContext.Current.CancellationToken);
    }

    private static async Task<Dictionary<string, string>?> ReadServerAsync(string path, CancellationToken cancellation)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
        _ = await socket.SendAsync("show stat\n"u8.ToArray(), cancellation);
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
        var lines = (await reader.ReadToEndAsync(cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var names = lines[0].TrimStart('#', ' ').Split(',');
        var values = lines.Select(static line => line.Split(',')).FirstOrDefault(static line => line.Length > 1 && line[1] == "s1");
        return values is null ? null : names.Zip(values)
            .Where(static pair => pair.First.Length > 0)
            .ToDictionary(static pair => pair.First, static pair => pair.Second);
    }
}
