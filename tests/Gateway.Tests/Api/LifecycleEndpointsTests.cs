using System.Net;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Interfaces.Sessions;

namespace Opsen.Gateway.Tests.Api;

public sealed class LifecycleEndpointsTests
{
    [Theory]
    [InlineData("/clients/host-1/drain", "drain  False", "draining")]
    [InlineData("/clients/host-1/drain?deadline_seconds=0", "drain 0 False", "draining")]
    [InlineData("/clients/host-1/drain?deadline_seconds=2592000", "drain 2592000 False", "draining")]
    [InlineData("/clients/host-1/drain/?reason=shutdown", "drain  True", "draining")]
    [InlineData("/clients/host-1/undrain", "undrain", "in_service")]
    [InlineData("/Clients/host-1/Maintenance", "maintenance", "maintenance")]
    public async Task Post_KnownHost_ChangesIt(string path, string change, string lifecycle)
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.Client.PostAsync(path, null);

        var json = await response.ReadJsonAsync();
        Assert.Equal((HttpStatusCode.OK, "host-1", lifecycle), (response.StatusCode, json.GetProperty("client_id").GetString(), json.GetProperty("lifecycle").GetString()));
        Assert.Equal(change, Assert.Single(host.Grains.Changes));
        Assert.Equal("host-1", Assert.Single(host.Grains.Keys));
    }

    [Fact]
    public async Task Delete_KnownHost_RemovesIt()
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.Client.DeleteAsync("/clients/host-1");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("remove", Assert.Single(host.Grains.Changes));
    }

    [Theory]
    [InlineData("rack%2F7%20b", "rack/7 b")]
    [InlineData("drain", "drain")]
    [InlineData("a%2Fdrain", "a/drain")]
    [InlineData("%C3%BC", "ü")]
    [InlineData("a%252Fb", "a%2Fb")]
    public async Task Id_InThePath_IsDecodedOnce(string encoded, string id)
    {
        await using var host = await EdgeHost.StartAsync();

        (await host.Client.PostAsync($"/clients/{encoded}/drain", null)).Dispose();
        (await host.Client.DeleteAsync($"/clients/{encoded}")).Dispose();

        Assert.Equal([id, id], host.Grains.Keys);
    }

    [Theory]
    [InlineData("POST", "/clients/nobody/drain")]
    [InlineData("POST", "/clients/nobody/undrain")]
    [InlineData("POST", "/clients/nobody/maintenance")]
    [InlineData("DELETE", "/clients/nobody")]
    public async Task Call_UnknownHost_Answers404(string method, string path)
    {
        await using var host = await EdgeHost.StartAsync();
        host.Grains.IsRegistered = false;
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await host.Client.SendAsync(request);

        Assert.Contains("'nobody'", await response.AssertProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotRegistered), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_IdThatNoHostCanHave_Answers404WithoutACall()
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.Client.DeleteAsync($"/clients/{new string('x', 200)}");

        await response.AssertProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotRegistered);
        Assert.Empty(host.Grains.Keys);
    }

    [Theory]
    [InlineData("deadline_seconds=-1", "deadline_seconds")]
    [InlineData("deadline_seconds=1.5", "deadline_seconds")]
    [InlineData("deadline_seconds=soon", "deadline_seconds")]
    [InlineData("deadline_seconds=2592001", "deadline_seconds")]
    [InlineData("reason=lunch", "reason")]
    public async Task Drain_BadQuery_Answers400AndNamesIt(string query, string field)
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.Client.PostAsync($"/clients/host-1/drain?{query}", null);

        Assert.StartsWith(field, await response.AssertProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.BadRequest), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Changes);
    }

    [Theory]
    [InlineData("GET", "/clients/host-1/drain", "POST")]
    [InlineData("PUT", "/clients/host-1", "DELETE,GET,HEAD")]
    public async Task Call_WrongMethod_Answers405(string method, string path, string allow)
    {
        await using var host = await EdgeHost.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await host.Client.SendAsync(request);

        await response.AssertProblemAsync(HttpStatusCode.MethodNotAllowed, ProblemTypes.MethodNotAllowed);
        Assert.Equal(allow, string.Join(',', response.Content.Headers.Allow.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Call_ClusterFails_Answers503()
    {
        await using var host = await EdgeHost.StartAsync();
        host.Grains.BeforeAnswer = () => throw new InvalidOperationException("no silo");

        using var response = await host.Client.PostAsync("/clients/host-1/drain", null);

        await response.AssertProblemAsync(HttpStatusCode.ServiceUnavailable, ProblemTypes.Unavailable);
    }

    [Fact]
    public async Task Clients_Sessions_AreThoseThatTheHostHasNotLost()
    {
        await using var host = await EdgeHost.StartAsync();
        host.Fleet.Publish(Hosts.New("a") with { AffinityEpoch = 5 }, Hosts.New("b"));
        host.Grains.SessionCounts = [new SessionCount("a", 4, 100), new SessionCount("a", 5, 2), new SessionCount("a", 6, 1)];

        var entries = (await (await host.Client.GetAsync("/clients")).ReadJsonAsync()).EnumerateArray().ToList();

        Assert.Equal([3, 0], entries.Select(entry => entry.GetProperty("sessions").GetInt32()));
    }

    [Fact]
    public async Task Clients_SessionsCannotBeCounted_AnswersWithoutThem()
    {
        await using var host = await EdgeHost.StartAsync();
        host.Fleet.Publish(Hosts.New("a"));
        host.Grains.BeforeAnswer = () => throw new InvalidOperationException("no silo");

        var entry = Assert.Single((await (await host.Client.GetAsync("/clients")).ReadJsonAsync()).EnumerateArray());

        Assert.False(entry.TryGetProperty("sessions", out _));
        Assert.Equal("in_service", entry.GetProperty("lifecycle").GetString());
    }
}
