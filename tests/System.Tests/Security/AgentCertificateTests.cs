using System.Net;
using System.Text.Json;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Security;

/// <summary>An agent that shows a certificate instead of a key, to a gateway that asks for one.</summary>
public sealed class AgentCertificateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CertificateFactory _certificates;

    public AgentCertificateTests() => _certificates = new CertificateFactory(Path.GetDirectoryName(_folder.File("x"))!);

    [Fact]
    public async Task Agent_WithACertificateOfTheFleet_Reports_AndOneWithoutDoesNot()
    {
        var authority = _certificates.Authority("fleet");
        await using var server = await StartAsync(authority);
        var (certificate, key) = _certificates.Pair("rack-7", [], "fleet");

        await using var stranger = StartAgent(server, "stranger", "");
        await using var agent = StartAgent(server, "rack-7", $"client_cert_file: '{certificate}'\nclient_key_file: '{key}'");

        await Eventually.HoldsAsync("the agent's report is there", async () => (await HostsAsync(server)).Contains("rack-7"));
        await Eventually.HoldsAsync(
            "the other one was refused", () => Task.FromResult(stranger.Log.Any(static line => line.Contains("401", StringComparison.Ordinal))));
        Assert.Equal(["rack-7"], await HostsAsync(server));
        await Eventually.HoldsAsync(
            "an audit line names the agent", () => Task.FromResult(server.HasLogged("register '/register' by rack-7 from")));
    }

    [Fact]
    public async Task Files_ReplacedOnBothSides_AreUsedWithoutARestart()
    {
        var authority = _certificates.Authority("fleet");
        await using var server = await StartAsync(authority);
        var (certificate, key) = _certificates.Pair("rack-7", [], "fleet");
        await using var agent = StartAgent(server, "rack-7", $"client_cert_file: '{certificate}'\nclient_key_file: '{key}'");
        await Eventually.HoldsAsync("the agent's report is there", async () => (await HostsAsync(server)).Contains("rack-7"));

        // The gateway's own certificate, and an authority that has not signed the agent's.
        _certificates.Pair("gateway", ["renewed.test"]);
        File.Copy(_certificates.Authority("next"), authority, overwrite: true);
        await Eventually.HoldsAsync("the gateway noticed", () => Task.FromResult(server.HasLogged("gateway.crt was replaced")));
        _certificates.Pair("rack-7", [], "next");
        await server.KillAsync(Victim.Gateway);
        await server.StartMissingAsync();

        var before = TimeProvider.System.GetUtcNow();
        await Eventually.HoldsAsync("a report with the new certificate", async () => await LastSeenAsync(server) > before);
    }

    public void Dispose()
    {
        _certificates.Dispose();
        _folder.Dispose();
    }

    private Task<Deployment> StartAsync(string authority) => Deployment.StartAsync(Shape.Embedded, settings =>
    {
        var (certificate, key) = _certificates.Pair("gateway", ["gateway.test"]);
        settings["tls_cert_file"] = $"'{certificate}'";
        settings["tls_key_file"] = $"'{key}'";
        settings["client_ca_file"] = $"'{authority}'";
        settings["server_key"] = "operator";
    });

    private ChildProcess StartAgent(Deployment server, string id, string keys) => Programs.StartAgent(
    [
        "-config",
        _folder.Write($"{id}.yml", $"""
            server_url: {server.Address.OriginalString}
            endpoint_url: http://127.0.0.1:7777
            client_id: {id}
            cores: "0"
            window_minutes: 0.1
            report_interval_seconds: 1
            disk_path: '{Path.GetTempPath()}'
            skip_geolocation: true
            insecure_tls: true
            state_dir: '{_folder.File($"{id}-state")}'
            {keys}
            """),
    ]);

    private static async Task<JsonElement> ClientsAsync(Deployment server)
    {
        var answer = await server.GetAsync("/clients", ("X-API-Key", "operator"));
        answer.Expect(HttpStatusCode.OK);
        return answer.Json;
    }

    private static async Task<IEnumerable<string?>> HostsAsync(Deployment server) =>
        [.. (await ClientsAsync(server)).EnumerateArray().Select(static host => host.GetProperty("client_id").GetString())];

    private static async Task<DateTimeOffset> LastSeenAsync(Deployment server) =>
        Assert.Single((await ClientsAsync(server)).EnumerateArray()).GetProperty("last_seen").GetDateTimeOffset();
}
