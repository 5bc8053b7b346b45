using System.Text.Json.Nodes;

namespace Opsen.Examples.LocalCluster.Fleet;

/// <summary>A host whose reports always say the same, so that what fits on it is known exactly.</summary>
/// <param name="Name">Its identity and name.</param>
/// <param name="Url">Where it serves.</param>
/// <param name="Cores">Free cores.</param>
/// <param name="Cards">Free cards.</param>
internal sealed record SimulatedHost(string Name, Uri Url, int Cores, int Cards)
{
    private const double Gigabytes = 4096;

    /// <summary>Registers the host.</summary>
    public Task RegisterAsync(HttpClient gateway, CancellationToken cancellation) => PostAsync(gateway, "/register", Registration(), cancellation);

    /// <summary>Reports once.</summary>
    public Task ReportAsync(HttpClient gateway, CancellationToken cancellation) => PostAsync(gateway, "/stats", Report(), cancellation);

    private static async Task PostAsync(HttpClient gateway, string path, JsonObject body, CancellationToken cancellation)
    {
        using var response = await gateway.PostAsJsonAsync(path, body, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"POST {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellation)}");
        }
    }

    private JsonObject Registration() => new()
    {
        ["client_id"] = Name,
        ["hostname"] = Name,
        ["total_cpu"] = Cores,
        ["total_memory_gb"] = Gigabytes,
        ["total_storage_gb"] = Gigabytes,
        ["total_gpus"] = Cards,
        ["gpu_models"] = new JsonArray([.. Enumerable.Range(0, Cards).Select(static _ => JsonValue.Create("Simulated"))]),
        ["endpoint_url"] = Url.OriginalString,
    };

    private JsonObject Report() => new()
    {
        ["client_id"] = Name,
        ["hostname"] = Name,
        ["timestamp"] = DateTimeOffset.UtcNow.ToString("O"),
        ["cpu_cores"] = Cores,
        ["cpu_usage_avg"] = new JsonArray([.. Enumerable.Range(0, Cores).Select(static _ => JsonValue.Create(1.0))]),
        ["memory_total_gb"] = Gigabytes,
        ["memory_used_gb"] = 1,
        ["memory_avail_gb"] = Gigabytes - 1,
        ["disk_total_gb"] = Gigabytes,
        ["disk_used_gb"] = 1,
        ["disk_avail_gb"] = Gigabytes - 1,
        ["gpus"] = new JsonArray([.. Enumerable.Range(0, Cards).Select(static card => new JsonObject
        {
            ["device_id"] = card,
            ["name"] = "Simulated",
            ["utilization_pct"] = 1,
            ["memory_used_gb"] = 1,
            ["memory_total_gb"] = 24,
            ["temperature_c"] = 40,
            ["power_draw_w"] = 50,
        })]),
    };
}
