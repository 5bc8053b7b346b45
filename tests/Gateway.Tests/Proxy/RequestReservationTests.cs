using Microsoft.AspNetCore.Http;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Reservations of tiers with <c>reservation: request</c>.</summary>
public sealed class RequestReservationTests
{
    [Fact]
    public async Task HandleAsync_TierEndsWithRequest_ReleasesWhenTheResponseHasEnded()
    {
        var proceed = new TaskCompletionSource();
        await using var backend = await TestServer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await proceed.Task;
            await context.Response.WriteAsync("second");
        });
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url)) { EndsWithRequest = true };
        await using var proxy = await ProxyServer.StartAsync(routes);

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        Assert.Empty(routes.Released);
        proceed.SetResult();

        Assert.Equal("firstsecond", await answer.Content.ReadAsStringAsync());
        await Eventually.BecomesTrueAsync(() => !routes.Released.IsEmpty);
        Assert.Equal(routes.Reservations, routes.Released);
    }

    [Fact]
    public async Task HandleAsync_TierHoldsForTheSession_ReleasesNothing()
    {
        await using var backend = await TestServer.StartAsync(context => context.Response.WriteAsync("done"));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using (var proxy = await ProxyServer.StartAsync(routes))
        {
            Assert.Equal("done", await proxy.Client.GetStringAsync(new Uri("/x", UriKind.Relative)));
        }

        Assert.Empty(routes.Released);
    }

    [Fact]
    public async Task HandleAsync_ClientLeaves_ReleasesAllTheSame()
    {
        var arrived = new TaskCompletionSource();
        await using var backend = await TestServer.StartAsync(async context =>
        {
            var gone = new TaskCompletionSource();
            using var registration = context.RequestAborted.Register(gone.SetResult);
            arrived.SetResult();
            await gone.Task;
        });
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url)) { EndsWithRequest = true };
        await using var proxy = await ProxyServer.StartAsync(routes);
        using var leave = new CancellationTokenSource();

        var request = proxy.Client.GetAsync(new Uri("/x", UriKind.Relative), leave.Token);
        await arrived.Task;
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await Eventually.BecomesTrueAsync(() => !routes.Released.IsEmpty);
        Assert.Equal(routes.Reservations, routes.Released);
    }
}
