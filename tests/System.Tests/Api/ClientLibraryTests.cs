using System.Net;
using System.Text.Json.Nodes;
using Opsen.Client;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

/// <summary>The client library against the real program.</summary>
public sealed class ClientLibraryTests
{
    private static readonly Action<ServerSettings> Configure = static settings =>
    {
        settings["server_key"] = "s3cret";
        settings["sticky_header"] = "X-Session-ID";
        settings["rate_limit_per_minute"] = "0";
        settings["pending_allocation_timeout_seconds"] = "2";
    };

    [Fact]
    public async Task Route_UsedAsIntended_ReservesRenewsAndGivesBack()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded, Configure);
        await JoinAsync(server);
        using var renewals = new CountingHandler();
        using var http = new HttpClient(renewals) { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Add("X-API-Key", "s3cret");
        using var opsen = new OpsenClient(http);

        await using (var place = await opsen.RouteAsync(new PlacementRequest("lite"), TestContext.Current.CancellationToken))
        {
            Assert.Equal(("host-a", "host-a.test", "http://10.0.0.1:9000/"), (place.ClientId, place.Hostname, place.Endpoint.AbsoluteUri));
            // Renewed for longer than it lives by itself.
            place.RenewEvery(TimeSpan.FromMilliseconds(300));
            await Eventually.HoldsAsync("a dozen renewals", () => Task.FromResult(renewals.Count >= 12));
            Assert.False(place.Over.IsCompleted, "the reservation has ended although it is renewed");

            // One core is left of two, and there is one to wait for.
            await using var second = await opsen.RouteAsync(new PlacementRequest("lite"), TestContext.Current.CancellationToken);
            var refusal = await Assert.ThrowsAsync<OpsenException>(() => opsen.RouteAsync(new PlacementRequest("lite"), TestContext.Current.CancellationToken));
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "urn:opsen:problem:no-capacity"), (refusal.Status, refusal.Type));
            Assert.Contains("short of free cores", refusal.Message, StringComparison.Ordinal);
            Assert.NotNull(refusal.RetryAfter);
            await second.DisposeAsync();
            Assert.False(await opsen.ReleaseAsync(second.ReservationId!, TestContext.Current.CancellationToken));
        }

        await using var afterwards = await opsen.RouteAsync(new PlacementRequest("lite"), TestContext.Current.CancellationToken);
        Assert.True(await afterwards.RenewAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Route_AnswersAreLost_AsksAgainAndReservesOnce()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded, Configure);
        await JoinAsync(server);
        using var losing = new LosingHandler(answers: 3);
        using var http = new HttpClient(losing) { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Add("X-API-Key", "s3cret");
        using var opsen = new OpsenClient(http);

        await using var place = await opsen.RouteAsync(new PlacementRequest("lite") { Wait = TimeSpan.FromSeconds(60) }, TestContext.Current.CancellationToken);

        Assert.Equal("host-a", place.ClientId);
        Assert.Equal(4, losing.Sent);
        Assert.Equal(1, (await server.PostAsync("/clients/purge-pending", new JsonObject(), ("X-API-Key", "s3cret"))).Expect(HttpStatusCode.OK)["purged"].GetInt32());
    }

    [Fact]
    public async Task Route_WithASession_StaysAndWaitsForRoom()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded, Configure);
        using var opsen = new OpsenClient(server.Address, "s3cret");
        var waiting = opsen.RouteAsync(
            new PlacementRequest("lite") { SessionId = "alice", Wait = TimeSpan.FromSeconds(60) }, TestContext.Current.CancellationToken);
        await JoinAsync(server);

        var first = await waiting;
        var again = await opsen.RouteAsync(new PlacementRequest("lite") { SessionId = "alice" }, TestContext.Current.CancellationToken);

        Assert.Equal(first.ClientId, again.ClientId);
        using var stranger = new OpsenClient(server.Address);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<OpsenException>(() => stranger.RouteAsync(new PlacementRequest("lite")))).Status);
        Assert.Equal(
            "urn:opsen:problem:unknown-tier",
            (await Assert.ThrowsAsync<OpsenException>(() => opsen.RouteAsync(new PlacementRequest("nothing") { Wait = TimeSpan.FromMinutes(1) }))).Type);
    }

    private static async Task JoinAsync(Deployment server)
    {
        var host = new TestHost { Id = "host-a", Url = "http://10.0.0.1:9000", CpuUsage = [1, 1] };
        (await server.PostAsync("/register", host.Registration(), ("X-API-Key", "s3cret"))).Expect(HttpStatusCode.OK);
        (await server.PostAsync("/stats", host.Report(), ("X-API-Key", "s3cret"))).Expect(HttpStatusCode.OK);
    }

    /// <summary>Loses the first answers on their way.</summary>
    private sealed class LosingHandler(int answers) : DelegatingHandler(new SocketsHttpHandler())
    {
        public int Sent { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (Sent++ >= answers)
            {
                return response;
            }

            response.EnsureSuccessStatusCode();
            response.Dispose();
            throw new HttpRequestException("The connection was lost.");
        }
    }

    /// <summary>Counts renewals that the gateway has made.</summary>
    private sealed class CountingHandler() : DelegatingHandler(new SocketsHttpHandler())
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode && request.RequestUri!.AbsolutePath.EndsWith("/renew", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _count);
            }

            return response;
        }
    }
}
