using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Load;

/// <summary>A real <c>opsen-gateway</c> with one host, and its memory.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ChildProcess _process;

    private RunningGateway(int port, (string Key, string Value)[] settings)
    {
        Url = new Uri($"http://127.0.0.1:{port}");
        var all = new Dictionary<string, string>
        {
            ["port"] = $"{port}",
            ["host"] = "127.0.0.1",
            ["admin_port"] = "0",
            ["database"] = $"'{_folder.File("opsen.db")}'",
            ["rate_limit_per_minute"] = "0",
            ["health_check_enabled"] = "false",
            ["log_level"] = "warn",
            ["proxy_endpoints"] = "[/]",
            ["max_request_body_bytes"] = "100000000000",
            ["tiers"] = "[{name: lite, vcpu: 0, memory_gb: 0.0001, storage_gb: 0}]",
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        var configuration = _folder.Write("server.yml", string.Concat(all.Select(static one => $"{one.Key}: {one.Value}\n")));
        _process = ChildProcess.Start("gateway", BuildOutput.Find("src/Gateway", "opsen-gateway"), ["-config", configuration]);
    }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; }

    /// <summary>Memory that it holds now, bytes.</summary>
    public long Resident => Read("VmRSS");

    /// <summary>The most memory that it held since the start or the last <see cref="ForgetPeak"/>, bytes.</summary>
    public long Peak => Read("VmHWM");

    /// <summary>Starts one whose only host is the backend at a URL.</summary>
    /// <param name="backend">The backend's URL.</param>
    /// <param name="settings">Keys of <c>server.yml</c> with other values than usual.</param>
    public static async Task<RunningGateway> StartAsync(string backend, params (string Key, string Value)[] settings)
    {
        var gateway = new RunningGateway(FreePorts.Take(1)[0], settings);
        using var http = new HttpClient { BaseAddress = gateway.Url };
        await Wait.UntilAsync(
            "GET /health", async token => (await http.GetAsync(new Uri("/health", UriKind.Relative), token)).IsSuccessStatusCode, TimeSpan.FromMinutes(1), default);
        (await http.PostAsJsonAsync("/register", new JsonObject
        {
            ["client_id"] = "backend",
            ["hostname"] = "backend",
            ["total_cpu"] = 4,
            ["total_memory_gb"] = 900_000,
            ["total_storage_gb"] = 100,
            ["endpoint_url"] = backend,
        })).EnsureSuccessStatusCode();
        (await http.PostAsJsonAsync("/stats", new JsonObject
        {
            ["client_id"] = "backend",
            ["cpu_cores"] = 1,
            ["cpu_usage_avg"] = new JsonArray(1.0),
            ["memory_total_gb"] = 900_000,
            ["memory_used_gb"] = 1,
            ["memory_avail_gb"] = 899_999,
            ["disk_total_gb"] = 100,
            ["disk_used_gb"] = 1,
            ["disk_avail_gb"] = 99,
        })).EnsureSuccessStatusCode();
        return gateway;
    }

    /// <summary>Begins a new peak.</summary>
    public void ForgetPeak() => File.WriteAllText($"/proc/{_process.Id}/clear_refs", "5");

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync(TimeSpan.FromSeconds(10));
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private long Read(string name)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(':', 'k')[1], CultureInfo.InvariantCulture) << 10;
    }
}
