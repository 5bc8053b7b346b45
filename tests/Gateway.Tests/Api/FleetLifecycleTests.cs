using System.Net;
using System.Text.Json;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Api;

/// <summary>The management API over real grains: what is sent to one call shows in the others.</summary>
public sealed class FleetLifecycleTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private readonly HttpClient _client = gateway.Client;

    [Fact]
    public async Task Host_RegisteredAndReporting_IsListedRoutedToAndPurgedOfReservations()
    {
        using (var early = await PostAsync("/stats", Bodies.Stats))
        {
            await early.AssertProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotRegistered);
        }

        using (var none = await PostAsync("/route", """{"tier":"gpu"}"""))
        {
            await none.AssertProblemAsync(HttpStatusCode.ServiceUnavailable, ProblemTypes.NoCapacity);
        }

        await SucceedAsync("/register", Bodies.Register);
        await SucceedAsync("/stats", Bodies.Stats);
        await Eventually.BecomesTrueAsync(async () => (await ListAsync()).Any(entry => entry.GetProperty("cpu_usage").GetArrayLength() == 2));

        var listed = Assert.Single(await ListAsync());
        Assert.Equal("Berlin, DE", listed.GetProperty("location").GetString());
        Assert.Equal("12.0/32.0", listed.GetProperty("memory_gb").GetString());
        Assert.True(listed.GetProperty("is_active").GetBoolean());
        Assert.False(listed.TryGetProperty("last_health_check", out _));

        var alone = JsonDocument.Parse(await _client.GetStringAsync("/clients/host-1")).RootElement;
        Assert.Equal(listed.GetRawText(), alone.GetRawText());
        using (var unknown = await _client.GetAsync("/clients/host-2"))
        {
            await unknown.AssertProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotRegistered);
        }

        using (var routed = await PostAsync("/route", """{"tier":"gpu","client_lat":52.52,"client_lon":13.405}"""))
        {
            var answer = await routed.ReadJsonAsync();
            Assert.Equal("host-1", answer.GetProperty("client_id").GetString());
            Assert.Equal("http://10.0.0.7:9001", answer.GetProperty("endpoint").GetString());
            Assert.Equal(0, answer.GetProperty("distance_km").GetDouble(), 3);
            Assert.Equal([0], answer.GetProperty("gpu_ids").EnumerateArray().Select(id => id.GetInt32()));
            Assert.Matches("^[0-9a-f]{32}$", answer.GetProperty("reservation_id").GetString());
        }

        using (var full = await PostAsync("/route", """{"tier":"gpu"}"""))
        {
            Assert.Contains("1 short of", await full.AssertProblemAsync(HttpStatusCode.ServiceUnavailable, ProblemTypes.NoCapacity), StringComparison.Ordinal);
            Assert.NotNull(full.Headers.RetryAfter);
        }

        Assert.Equal(1, (await SucceedAsync("/clients/purge-pending", "")).GetProperty("purged").GetInt32());
        Assert.Equal(0, (await SucceedAsync("/clients/purge", "")).GetProperty("purged").GetInt32());
        using var again = await PostAsync("/route", """{"tier":"gpu"}""");
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);

        var health = JsonDocument.Parse(await _client.GetStringAsync("/health")).RootElement;
        Assert.Equal((1, 1), (health.GetProperty("total_clients").GetInt32(), health.GetProperty("active_clients").GetInt32()));
    }

    private Task<HttpResponseMessage> PostAsync(string path, string body) => _client.PostAsync(path, Http.Json(body));

    private async Task<JsonElement> SucceedAsync(string path, string body)
    {
        using var response = await PostAsync(path, body);
        return await response.ReadJsonAsync();
    }

    private async Task<IReadOnlyList<JsonElement>> ListAsync() =>
        [.. JsonDocument.Parse(await _client.GetStringAsync("/clients")).RootElement.EnumerateArray()];
}
