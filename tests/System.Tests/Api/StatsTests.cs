using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

[Collection(SharedDeploymentTests.Name)]
public partial class StatsTests(SharedDeployments shared)
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Stats_UnknownHost_Answers404(Shape shape)
    {
        var server = await shared.GetAsync(shape);

        var reply = await server.PostPatientlyAsync("/stats", new TestHost().Report());

        reply.ExpectProblem(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Stats_RegisteredHost_IsShownInClientsAsPeopleReadIt(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = new TestHost { CpuUsage = [12.34, 20], MemoryAvailable = 12, DiskAvailable = 80 };
        (await server.PostPatientlyAsync("/register", host.Registration())).Expect(HttpStatusCode.OK);

        var reply = (await server.PostPatientlyAsync("/stats", host.Report())).Expect(HttpStatusCode.OK);

        Assert.Equal("""{"status":"ok"}""", reply.Text);
        await Eventually.HoldsAsync(
            "the report is shown",
            async () => (await server.FindClientAsync(host.Id, "?active_only=true"))?.GetProperty("cpu_usage").GetArrayLength() > 0);
        var client = (await server.FindClientAsync(host.Id))!.Value;
        Assert.Equal($"{host.Id}.test", client.GetProperty("hostname").GetString());
        Assert.Equal(host.Url, client.GetProperty("endpoint").GetString());
        Assert.Equal("Bonn, DE", client.GetProperty("location").GetString());
        Assert.Equal(2, client.GetProperty("cpu_cores").GetInt32());
        Assert.Equal(["12.3%", "20.0%"], client.GetProperty("cpu_usage").EnumerateArray().Select(static core => core.GetString()));
        Assert.Equal("4.0/16.0", client.GetProperty("memory_gb").GetString());
        Assert.Equal("20.0/100.0", client.GetProperty("disk_gb").GetString());
        Assert.True(client.GetProperty("is_active").GetBoolean());
        Assert.Equal("unknown", client.GetProperty("health_status").GetString());
        Assert.Equal("0.0", client.GetProperty("latency_ms").GetString());
        Assert.Matches(Rfc3339(), client.GetProperty("last_seen").GetString());
        Assert.False(client.TryGetProperty("total_gpus", out _));
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Stats_HostWithCards_ShowsThem(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost { FreeVram = [10] }.JoinAsync(server);

        var client = (await server.FindClientAsync(host.Id))!.Value;

        Assert.Equal(1, client.GetProperty("total_gpus").GetInt32());
        Assert.Equal("Test GPU", Assert.Single(client.GetProperty("gpu_models").EnumerateArray()).GetString());
        var card = Assert.Single(client.GetProperty("gpu_stats").EnumerateArray());
        Assert.Equal(0, card.GetProperty("device_id").GetInt32());
        Assert.Equal("Test GPU", card.GetProperty("name").GetString());
        Assert.Equal("10.0%", card.GetProperty("utilization").GetString());
        Assert.StartsWith("14.0/24.0", card.GetProperty("vram").GetString());
        Assert.StartsWith("61", card.GetProperty("temperature").GetString());
        Assert.StartsWith("220", card.GetProperty("power_draw").GetString());
    }

    [Theory]
    [InlineData(Shape.Embedded, "memory_total_gb", "0")]
    [InlineData(Shape.Embedded, "memory_total_gb", "-1")]
    [InlineData(Shape.Embedded, "disk_avail_gb", "-0.5")]
    [InlineData(Shape.Embedded, "cpu_usage_avg", "[101, 2, 3, 4]")]
    [InlineData(Shape.Embedded, "cpu_usage_avg", "[-5, 2, 3, 4]")]
    [InlineData(Shape.Embedded, "cpu_usage_avg", "\"busy\"")]
    [InlineData(Shape.Embedded, "cpu_cores", "-4")]
    [InlineData(Shape.Embedded, "timestamp", "\"yesterday\"")]
    [InlineData(Shape.Localhost, "memory_total_gb", "0")]
    [InlineData(Shape.Localhost, "cpu_usage_avg", "[101, 2, 3, 4]")]
    public async Task Stats_ValueThatCannotBe_Answers400AndChangesNothing(Shape shape, string field, string value)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost { CpuUsage = [5, 5, 5, 5] }.JoinAsync(server);
        var bad = (host with { CpuUsage = [70, 70, 70, 70] }).Report();
        bad[field] = JsonNode.Parse(value);

        var detail = (await server.PostPatientlyAsync("/stats", bad)).ExpectProblem(HttpStatusCode.BadRequest);

        Assert.Contains(field, detail);
        Assert.Equal("5.0%", (await server.FindClientAsync(host.Id))!.Value.GetProperty("cpu_usage")[0].GetString());
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex Rfc3339();
}
