using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Api;

public sealed class ManagementApiTests
{
    [Fact]
    public async Task Register_ValidBody_GoesToTheHostsGrain()
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.PostAsync("/register", Bodies.Register);

        Assert.Equal("""{"status":"registered"}""", (await response.ReadJsonAsync()).GetRawText());
        Assert.Equal("host-1", Assert.Single(host.Grains.Keys));
        Assert.Equal("http://10.0.0.7:9001", Assert.Single(host.Grains.Registrations).Endpoint);
    }

    [Fact]
    public async Task Stats_KnownHost_IsTaken()
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.PostAsync("/stats", Bodies.Stats);

        Assert.Equal("""{"status":"ok"}""", (await response.ReadJsonAsync()).GetRawText());
        Assert.Equal("host-1", Assert.Single(host.Grains.Keys));
        Assert.Equal(20, Assert.Single(host.Grains.Reports).MemoryAvailableGb);
    }

    [Fact]
    public async Task Stats_UnknownHost_Answers404AndTellsToRegister()
    {
        await using var host = await EdgeHost.StartAsync();
        host.Grains.IsRegistered = false;

        using var response = await host.PostAsync("/stats", Bodies.Stats);

        var detail = await response.AssertProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotRegistered);
        Assert.Contains("'host-1'", detail, StringComparison.Ordinal);
        Assert.Contains("/register", detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/clients/purge", 3)]
    [InlineData("DELETE", "/clients/purge", 3)]
    [InlineData("POST", "/clients/purge-pending", 7)]
    [InlineData("DELETE", "/clients/purge-pending", 7)]
    public async Task Purge_EitherMethod_TellsHowMany(string method, string path, int purged)
    {
        await using var host = await EdgeHost.StartAsync(options => options.Pool = "blue");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await host.Client.SendAsync(request);

        var json = await response.ReadJsonAsync();
        Assert.Equal("success", json.GetProperty("status").GetString());
        Assert.Equal(purged, json.GetProperty("purged").GetInt32());
        Assert.Equal(TimeSpan.Zero, json.GetProperty("timestamp").GetDateTimeOffset().Offset);
        Assert.Equal("blue", Assert.Single(host.Grains.Keys));
    }

    [Fact]
    public async Task Health_SomeHostsStale_CountsBoth()
    {
        await using var host = await EdgeHost.StartAsync();
        host.Fleet.Publish(Hosts.New("a"), Hosts.New("b", isActive: false), Hosts.New("c"));

        using var response = await host.Client.GetAsync("/health");

        var json = await response.ReadJsonAsync();
        Assert.Equal("ok", json.GetProperty("status").GetString());
        Assert.Equal(3, json.GetProperty("total_clients").GetInt32());
        Assert.Equal(2, json.GetProperty("active_clients").GetInt32());
        Assert.InRange(json.GetProperty("timestamp").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Theory]
    [InlineData("/clients", "a b c")]
    [InlineData("/clients?active_only=false", "a b c")]
    [InlineData("/clients?active_only=true", "a c")]
    public async Task Clients_Filter_ListsInOrder(string path, string expected)
    {
        await using var host = await EdgeHost.StartAsync();
        host.Fleet.Publish(Hosts.New("c"), Hosts.New("b", isActive: false), Hosts.New("a"));

        using var response = await host.Client.GetAsync(path);

        var ids = (await response.ReadJsonAsync()).EnumerateArray().Select(entry => entry.GetProperty("client_id").GetString());
        Assert.Equal(expected, string.Join(' ', ids));
    }

    [Fact]
    public async Task Clients_NoHosts_IsAnEmptyArray()
    {
        await using var host = await EdgeHost.StartAsync();

        Assert.Equal("[]", await host.Client.GetStringAsync("/clients"));
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/clients")]
    public async Task Head_WhereGetIs_HasNoBody(string path)
    {
        await using var host = await EdgeHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, path);

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/register", Bodies.Register)]
    [InlineData("/stats", Bodies.Stats)]
    [InlineData("/clients/purge", "")]
    public async Task GrainCall_ClusterFails_Answers503WithRetryAfter(string path, string body)
    {
        await using var host = await EdgeHost.StartAsync();
        host.Grains.BeforeAnswer = () => throw new Orleans.Runtime.OrleansException("no silo");

        using var response = await host.PostAsync(path, body);

        await response.AssertProblemAsync(HttpStatusCode.ServiceUnavailable, ProblemTypes.Unavailable);
        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter?.Delta);
        Assert.Equal($"{path}: the cluster failed", Assert.Single(host.Log.Errors));
    }

    [Fact]
    public async Task GrainCall_NoAnswer_Answers503AtTheDeadline()
    {
        var time = new FakeTimeProvider();
        await using var host = await EdgeHost.StartAsync(services: services => services.AddSingleton<TimeProvider>(time));
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource();
        host.Grains.BeforeAnswer = () =>
        {
            asked.TrySetResult();
            return never.Task;
        };
        var pending = host.PostAsync("/stats", Bodies.Stats);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));

        await Eventually.BecomesTrueAsync(() =>
        {
            time.Advance(GrainCalls.Deadline);
            return pending.IsCompleted;
        });

        using var response = await pending;
        await response.AssertProblemAsync(HttpStatusCode.ServiceUnavailable, ProblemTypes.Unavailable);
        never.SetResult();
    }

    [Theory]
    [InlineData("/register", Bodies.ReferenceRegister)]
    [InlineData("/stats", Bodies.ReferenceStats)]
    public async Task ReferenceAgent_Bodies_AreTaken(string path, string body)
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.PostAsync(path, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
