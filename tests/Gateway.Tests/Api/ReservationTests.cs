using System.Net;
using System.Text.Json;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Api;

/// <summary>Reservations and decisions over the whole gateway.</summary>
public sealed class ReservationTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>, IAsyncLifetime
{
    private readonly HttpClient _client = gateway.Client;

    public async ValueTask InitializeAsync()
    {
        await PostAsync("/register", Bodies.Register);
        await PostAsync("/stats", Bodies.Stats.Replace("[12.5, 80]", "[12.5, 20]", StringComparison.Ordinal));
        await PostAsync("/clients/purge-pending", "");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Delete_Reservation_FreesItsRoomAtOnceAndOnlyOnce()
    {
        var id = (await RouteAsync()).GetProperty("reservation_id").GetString();
        using (var full = await PostAsync("/route", """{"tier":"gpu"}"""))
        {
            await full.AssertProblemAsync(HttpStatusCode.ServiceUnavailable, ProblemTypes.NoCapacity);
        }

        using var freed = await _client.DeleteAsync($"/reservations/{id}");
        using var again = await _client.DeleteAsync($"/reservations/{id}");

        Assert.Equal(HttpStatusCode.NoContent, freed.StatusCode);
        await again.AssertProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotReserved);
        await RouteAsync();
    }

    [Fact]
    public async Task Route_UnknownTier_ListsTheConfiguredOnes()
    {
        using var response = await PostAsync("/route", """{"tier":"huge"}""");

        Assert.Contains("small, gpu", await response.AssertProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.UnknownTier), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Renew_LiveAndUnknownReservations_IsNoContentAndNotFound()
    {
        var id = (await RouteAsync()).GetProperty("reservation_id").GetString();

        using var renewed = await PostAsync($"/reservations/{id}/renew", "");
        using var unknown = await PostAsync($"/reservations/{Guid.NewGuid():N}/renew", "");
        using var nonsense = await PostAsync("/reservations/nonsense/renew", "");
        using var wrongMethod = await _client.GetAsync($"/reservations/{id}");

        Assert.Equal(HttpStatusCode.NoContent, renewed.StatusCode);
        await unknown.AssertProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotReserved);
        await nonsense.AssertProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotReserved);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, wrongMethod.StatusCode);
        Assert.Equal(["DELETE"], wrongMethod.Content.Headers.Allow);
    }

    [Fact]
    public async Task Route_Explained_HasTheWinnersTermsAndIsRemembered()
    {
        var answer = await RouteAsync("?explain=true");

        var host = Assert.Single(answer.GetProperty("explanation").GetProperty("hosts").EnumerateArray());
        Assert.True(host.GetProperty("chosen").GetBoolean());
        var score = host.GetProperty("score");
        Assert.Equal(12.5, score.GetProperty("avg_cpu").GetDouble());
        Assert.Equal(37.5, score.GetProperty("memory_pct").GetDouble());
        Assert.Equal(67.5, score.GetProperty("gpu").GetDouble());
        Assert.Equal(117.5, score.GetProperty("total").GetDouble());

        var decision = JsonDocument.Parse(await _client.GetStringAsync($"/decisions/{answer.GetProperty("reservation_id").GetString()}")).RootElement;
        Assert.Equal("host-1", decision.GetProperty("client_id").GetString());
        Assert.Equal(117.5, decision.GetProperty("explanation").GetProperty("hosts")[0].GetProperty("score").GetProperty("total").GetDouble());
        using var unknown = await _client.GetAsync($"/decisions/{Guid.NewGuid():N}");
        await unknown.AssertProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotReserved);
    }

    [Fact]
    public async Task Route_ExplainedRefusal_SaysWhichCardWasShortOfWhat()
    {
        await RouteAsync();

        using var refused = await PostAsync("/route?explain=true", """{"tier":"gpu"}""");

        var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        var host = Assert.Single(problem.GetProperty("explanation").GetProperty("hosts").EnumerateArray());
        Assert.Equal("gpu", host.GetProperty("refused_by").GetString());
        Assert.Equal("cards", host.GetProperty("shortage").GetProperty("unit").GetString());
        Assert.Equal(1, host.GetProperty("shortage").GetProperty("short_by").GetDouble());
        Assert.True(host.GetProperty("shortage").GetProperty("cards")[0].GetProperty("held").GetBoolean());
    }

    private async Task<JsonElement> RouteAsync(string query = "")
    {
        using var response = await PostAsync("/route" + query, """{"tier":"gpu"}""");
        return await response.ReadJsonAsync();
    }

    private Task<HttpResponseMessage> PostAsync(string path, string body) => _client.PostAsync(path, Http.Json(body));
}
