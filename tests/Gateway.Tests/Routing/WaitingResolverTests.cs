using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Fleet;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Routing;

public sealed class WaitingResolverTests : IDisposable
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    private readonly FakeGrains _grains = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly ServiceProvider _services;
    private readonly List<PlacementRequest> _asked = [];
    private bool _hasRoom;

    public WaitingResolverTests()
    {
        var fleet = new FleetView("default");
        fleet.Apply(new FleetChanges
        {
            Epoch = 1,
            Version = 1,
            IsFull = true,
            Changed = [new(Hosts.New("host"), 1, 0)],
            Removed = [],
            Tiers = [new() { Name = "patient", MaxWait = MaxWait }, new() { Name = "hasty" }],
        });
        var services = new ServiceCollection().AddMetrics();
        services.AddSingleton(_grains.Factory);
        services.AddSingleton(new ServerOptions());
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton(typeof(GrainReferences<>));
        services.AddSingleton(typeof(Microsoft.Extensions.Logging.ILogger<>), typeof(NullLogger<>));
        services.AddSingleton(new GatewayFleet(fleet));
        services.AddSingleton<Placements>().AddSingleton<SessionCaches>().AddSingleton<DecisionMetrics>().AddSingleton<RouteResolver>();
        services.AddSingleton<IHostApplicationLifetime>(_lifetime).AddSingleton<WaitingResolver>();
        _services = services.BuildServiceProvider();
        _grains.Deciding = (_, requests) =>
        {
            _asked.AddRange(requests);
            return Task.FromResult<PlacementDecision[]>([.. requests.Select(_ => new PlacementDecision
            {
                Outcome = _hasRoom ? RouteOutcome.Routed : RouteOutcome.NoCapacity, ClientId = "host", ReservationId = Guid.NewGuid(), Epoch = 1,
            })]);
        };
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task ResolveAsync_TierHasNoWaitingRoom_IsRefusedAtOnce()
    {
        var result = await ResolveAsync(Patient() with { Tier = "hasty" });

        Assert.Equal((RouteOutcome.NoCapacity, null), (result.Outcome, result.Queue));
    }

    [Fact]
    public async Task ResolveAsync_RetryAfterAFailedHost_DoesNotWait()
    {
        var result = await ResolveAsync(Patient() with { Excluded = ["host"] });

        Assert.Equal((RouteOutcome.NoCapacity, null), (result.Outcome, result.Queue));
    }

    [Fact]
    public async Task ResolveAsync_RoomComes_IsPlacedInItsSlot()
    {
        var (slot, tickets) = (Guid.NewGuid(), new List<WaitTicket>());
        _grains.Waiting = ticket =>
        {
            tickets.Add(ticket);
            _hasRoom = tickets.Count == 3;
            _time.Advance(TimeSpan.FromSeconds(4));
            return Task.FromResult(_hasRoom ? new WaitAnswer(WaitOutcome.Served, slot) : new WaitAnswer(WaitOutcome.Waiting, Guid.Empty, 2));
        };

        var result = await ResolveAsync(Patient(tenant: new Tenant("gold", 4, 1)));

        Assert.Equal((RouteOutcome.Routed, TimeSpan.FromSeconds(12)), (result.Outcome, result.Queue!.Waited));
        Assert.Equal([Guid.Empty, slot], _asked.Select(static request => request.Slot));
        Assert.Single(tickets.Select(static ticket => ticket.Id).Distinct());
        Assert.Equal([0, 4, 8], tickets.Select(static ticket => ticket.Waited.TotalSeconds));
        Assert.All(tickets, static ticket => Assert.Equal(("gold", 4, 1), (ticket.Tenant, ticket.Weight, ticket.Priority)));
        Assert.Equal(tickets[0].Id, Assert.Single(_grains.Left));
    }

    [Fact]
    public async Task ResolveAsync_NoRoomInTime_IsRefusedWithItsPlace()
    {
        _grains.Waiting = ticket =>
        {
            _time.Advance(ticket.Wait);
            return Task.FromResult(new WaitAnswer(WaitOutcome.Waiting, Guid.Empty, 7, TimeSpan.FromSeconds(70)));
        };

        var result = await ResolveAsync(Patient(TimeSpan.FromSeconds(12)));

        Assert.Equal(new QueuePlace(TimeSpan.FromSeconds(12), 7, TimeSpan.FromSeconds(70), IsFull: false), result.Queue);
        Assert.Single(_grains.Left);
    }

    [Fact]
    public async Task ResolveAsync_CallerDoesNotWait_HearsWhereItWouldStand()
    {
        _grains.Waiting = static ticket =>
            Task.FromResult(new WaitAnswer(ticket.Wait == TimeSpan.Zero ? WaitOutcome.Waiting : WaitOutcome.Served, Guid.Empty, 3));

        var result = await ResolveAsync(Patient(TimeSpan.Zero));

        Assert.Equal((RouteOutcome.NoCapacity, 3), (result.Outcome, result.Queue!.Position));
    }

    [Fact]
    public async Task ResolveAsync_TooManyWait_IsTurnedAway()
    {
        _grains.Waiting = static _ => Task.FromResult(new WaitAnswer(WaitOutcome.Full));

        Assert.True((await ResolveAsync(Patient())).Queue!.IsFull);
    }

    [Fact]
    public async Task ResolveAsync_SlotIsLost_WaitsAgain()
    {
        var tickets = new HashSet<Guid>();
        _grains.Waiting = ticket =>
        {
            _hasRoom = tickets.Add(ticket.Id) && tickets.Count == 2;
            return Task.FromResult(new WaitAnswer(WaitOutcome.Served, Guid.NewGuid()));
        };

        Assert.Equal(RouteOutcome.Routed, (await ResolveAsync(Patient())).Outcome);
        Assert.Equal(2, _grains.Left.Count);
    }

    [Fact]
    public async Task ResolveAsync_IndexIsLost_ShowsTheTicketToTheNext()
    {
        var calls = 0;
        _grains.Waiting = _ =>
        {
            if (++calls == 1)
            {
                throw new TimeoutException("the silo has gone");
            }

            _hasRoom = true;
            return Task.FromResult(new WaitAnswer(WaitOutcome.Served, Guid.NewGuid()));
        };

        var waiting = ResolveAsync(Patient());
        await Eventually.BecomesTrueAsync(() => calls == 1);
        await Eventually.BecomesTrueAsync(() =>
        {
            _time.Advance(RoutingPatience.Pause);
            return waiting.IsCompleted;
        });

        Assert.Equal(RouteOutcome.Routed, (await waiting).Outcome);
    }

    [Fact]
    public async Task ResolveAsync_CallerLeaves_GivesTheTicketBackAtOnce()
    {
        using var gone = new CancellationTokenSource();
        var waits = new TaskCompletionSource<Guid>();
        _grains.Waiting = ticket =>
        {
            waits.SetResult(ticket.Id);
            return new TaskCompletionSource<WaitAnswer>().Task;
        };
        var waiting = _services.GetRequiredService<WaitingResolver>().ResolveAsync(Patient(), gone.Token).AsTask();
        var ticket = await waits.Task;

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(ticket, Assert.Single(_grains.Left));
    }

    [Fact]
    public async Task ResolveAsync_GatewayStops_IsRefusedAtOnce()
    {
        var waits = new TaskCompletionSource();
        _grains.Waiting = _ =>
        {
            waits.SetResult();
            return new TaskCompletionSource<WaitAnswer>().Task;
        };
        var waiting = ResolveAsync(Patient());
        await waits.Task;

        _lifetime.StopApplication();

        Assert.Equal(RouteOutcome.NoCapacity, (await waiting).Outcome);
        Assert.Single(_grains.Left);
    }

    [Theory]
    [InlineData("wait=5", 5)]
    [InlineData("respond-async, Wait = \"7\" ; x=y", 7)]
    [InlineData("wait=1, wait=2", 1)]
    [InlineData("wait=soon", null)]
    [InlineData("wait=-1", null)]
    [InlineData("handling=lenient", null)]
    [InlineData("", null)]
    public void Read_Prefer_IsTheFirstWaitThatCanBeRead(string value, int? seconds)
    {
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Headers["Prefer"] = value;

        Assert.Equal(seconds, (int?)WaitPreference.Read(context)?.TotalSeconds);
    }

    private static RouteQuery Patient(TimeSpan? longest = null, Tenant? tenant = null) =>
        new("patient", null, default) { Wait = new WaitTerms(longest ?? TimeSpan.MaxValue, tenant ?? Tenant.Nobody) };

    private Task<RouteResult> ResolveAsync(RouteQuery query) =>
        _services.GetRequiredService<WaitingResolver>().ResolveAsync(query, TestContext.Current.CancellationToken).AsTask();
}
