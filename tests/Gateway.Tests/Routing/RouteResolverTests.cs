using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Routing;

public sealed class RouteResolverTests : IDisposable
{
    private readonly FakeGrains _grains = new();
    private readonly ServiceProvider _services;

    public RouteResolverTests()
    {
        var services = new ServiceCollection().AddMetrics();
        services.AddSingleton(_grains.Factory);
        services.AddSingleton(new ServerOptions());
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(typeof(GrainReferences<>));
        services.AddSingleton(typeof(Microsoft.Extensions.Logging.ILogger<>), typeof(NullLogger<>));
        services.AddSingleton(new GatewayFleet(new FleetView("default")));
        services.AddSingleton<Placements>().AddSingleton<SessionCaches>().AddSingleton<DecisionMetrics>().AddSingleton<RouteResolver>();
        _services = services.BuildServiceProvider();
    }

    private RouteResolver Resolver => _services.GetRequiredService<RouteResolver>();

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("session")]
    public async Task ResolveAsync_ClusterCancelsItsCall_IsUnavailable(string? session)
    {
        _grains.Deciding = (_, _) => throw new TaskCanceledException("the connection to the silo has ended");
        _grains.Resolving = _ => throw new TaskCanceledException("storage gave up");

        var result = await Resolver.ResolveAsync(new RouteQuery("small", session, default), TestContext.Current.CancellationToken);

        Assert.Equal(RouteOutcome.Unavailable, result.Outcome);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("session")]
    public async Task ResolveAsync_CallerHasGone_IsCancelled(string? session)
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        _grains.Deciding = (_, _) => Task.FromResult<PlacementDecision[]>([Granted]);
        _grains.Resolving = _ => new TaskCompletionSource<PlacementDecision>().Task;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Resolver.ResolveAsync(new RouteQuery("small", session, default), gone.Token).AsTask());
    }

    private static PlacementDecision Granted { get; } = new() { Outcome = RouteOutcome.Routed, ClientId = "host", ReservationId = Guid.NewGuid() };
}
