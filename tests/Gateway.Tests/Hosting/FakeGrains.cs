using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Fleet;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Tests.Hosting;

/// <summary>Stands in for the cluster: notes what the edge asks of it and answers as told.</summary>
internal sealed class FakeGrains : IBackendGrain, ITierIndexGrain, IStickySessionGrain, ISessionDirectoryGrain
{
    public FakeGrains()
    {
        Factory = DispatchProxy.Create<IGrainFactory, Dispatcher>();
        ((Dispatcher)Factory).Grains = this;
    }

    public IGrainFactory Factory { get; }

    public ConcurrentQueue<string> Keys { get; } = new();

    public ConcurrentQueue<BackendRegistration> Registrations { get; } = new();

    public ConcurrentQueue<LoadReport> Reports { get; } = new();

    /// <summary>Lifecycle calls.</summary>
    public ConcurrentQueue<string> Changes { get; } = new();

    public ImmutableArray<SessionCount> SessionCounts { get; set; } = [];

    public ConcurrentQueue<string> Unreachable { get; } = new();

    public ConcurrentQueue<UtilizationReport> Utilizations { get; } = new();

    /// <summary>Decides in place of the index.</summary>
    public Func<Guid[], PlacementRequest[], Task<PlacementDecision[]>> Deciding { get; set; } = (_, _) => throw NotForTheEdge();

    /// <summary>Answers in place of a session.</summary>
    public Func<PlacementRequest, Task<PlacementDecision>> Resolving { get; set; } = _ => throw NotForTheEdge();

    /// <summary>What the waiting room answers.</summary>
    public Func<WaitTicket, Task<WaitAnswer>> Waiting { get; set; } = _ => throw NotForTheEdge();

    /// <summary>Tickets that were given back.</summary>
    public ConcurrentQueue<Guid> Left { get; } = new();

    /// <summary>Joins a gateway in place of the index.</summary>
    public Func<HeldReservation[], Guid[], Task<long>> Joining { get; set; } = (_, _) => Task.FromResult(0L);

    /// <summary>Answers for the index what changed in the fleet.</summary>
    public Func<Task<FleetChanges>> Following { get; set; } = () => throw NotForTheEdge();

    public int Purges { get; private set; }

    private int _stays;

    /// <summary>How often a gateway said that it is still there.</summary>
    public int Stays => _stays;

    /// <summary>Runs before every answer; may fail or never end.</summary>
    public Func<Task> BeforeAnswer { get; set; } = () => Task.CompletedTask;

    public bool IsRegistered { get; set; } = true;

    public bool IsUntouched => Registrations.IsEmpty && Reports.IsEmpty && Purges == 0;

    public async Task Register(BackendRegistration registration)
    {
        await BeforeAnswer();
        Registrations.Enqueue(registration);
    }

    public async Task<bool> Report(LoadReport report, string? pool)
    {
        await BeforeAnswer();
        Reports.Enqueue(report);
        return IsRegistered;
    }

    public async Task<int> PurgeStale()
    {
        await BeforeAnswer();
        Purges++;
        return 3;
    }

    public async Task<int> PurgeReservations()
    {
        await BeforeAnswer();
        Purges++;
        return 7;
    }

    public Task ReportUnreachable(string endpointUrl)
    {
        Unreachable.Enqueue(endpointUrl);
        return Task.CompletedTask;
    }

    public Task ReportUtilization(UtilizationReport report)
    {
        Utilizations.Enqueue(report);
        return Task.CompletedTask;
    }

    public Task<HostSnapshot?> GetSnapshot() => Task.FromResult<HostSnapshot?>(null);

    public Task<HostSnapshot?> Drain(TimeSpan? deadline, bool isShutdown) =>
        ChangeAsync($"drain {deadline?.TotalSeconds} {isShutdown}", Lifecycle.Draining);

    public Task<HostSnapshot?> Undrain() => ChangeAsync("undrain", Lifecycle.InService);

    public Task<HostSnapshot?> BeginMaintenance() => ChangeAsync("maintenance", Lifecycle.Maintenance);

    public async Task<bool> Remove()
    {
        await ChangeAsync("remove", default);
        return IsRegistered;
    }

    public async Task<ImmutableArray<SessionCount>> Count()
    {
        await BeforeAnswer();
        return SessionCounts;
    }

    public Task<SessionPage> List(string? clientId, long after, int limit) => throw NotForTheEdge();

    public Task<bool> Retire(long registeredAt, long reportSequence) => throw NotForTheEdge();

    public Task<bool> Wake() => throw NotForTheEdge();

    public ValueTask<ObserveAnswer> Observe(HostSnapshot snapshot) => throw NotForTheEdge();

    public ValueTask<bool> Remove(string clientId) => new(false);

    public ValueTask<PlacementDecision[]> Place(PlacementRequest[] requests) => throw NotForTheEdge();

    public ValueTask<PlacementDecision[]> ReleaseAndPlace(long epoch, Guid[] released, PlacementRequest[] requests) => new(Deciding(released, requests));

    public Task<PlacementDecision[]> ReleaseAndPlaceDurably(long epoch, Guid[] released, PlacementRequest[] requests) => Deciding(released, requests);

    public Task<long> Join(Guid gateway, HeldReservation[] held, Guid[] ended) => Joining(held, ended);

    public Task Stay(Guid gateway)
    {
        Interlocked.Increment(ref _stays);
        return Task.CompletedTask;
    }

    public ValueTask<bool> DecidesAlone(long epoch) => throw NotForTheEdge();

    public Task<PlacementDecision> Resolve(PlacementRequest request) => Resolving(request);

    public Task<ImmutableArray<SessionAssignment>> GetAssignments() => throw NotForTheEdge();

    public Task<bool> End() => throw NotForTheEdge();

    public Task Settle(Guid ended, Guid kept) => throw NotForTheEdge();

    public Task<WaitAnswer> Wait(WaitTicket ticket) => Waiting(ticket);

    public Task Leave(Guid ticket)
    {
        Left.Enqueue(ticket);
        return Task.CompletedTask;
    }

    public ValueTask<SessionRoom> HasRoomFor(string clientId, string tier, Guid reservationId) => throw NotForTheEdge();

    public ValueTask<PlacementDecision> FindSession(string stickyId, string tier) => throw NotForTheEdge();

    public ValueTask<bool> Release(Guid reservationId) => throw NotForTheEdge();

    public Task EndSession(string stickyId) => Task.CompletedTask;

    public ValueTask<bool> Renew(Guid reservationId) => throw NotForTheEdge();

    public Task<PlacementExplanation?> Explain(PlacementRequest request) => throw NotForTheEdge();

    public ValueTask<PoolRoom> GetRoom() => throw NotForTheEdge();

    public Task<ImmutableArray<RecentDecision>> GetDecisions(int limit) => throw NotForTheEdge();

    public Task<ImmutableArray<HistoryPoint>> GetHistory(TimeSpan span, int points) => throw NotForTheEdge();

    public Task<DecisionRecord?> GetDecision(Guid reservationId) => throw NotForTheEdge();

    public Task<FleetChanges> GetChanges(long epoch, long since, TimeSpan wait) => Following();

    private async Task<HostSnapshot?> ChangeAsync(string change, Lifecycle lifecycle)
    {
        await BeforeAnswer();
        Changes.Enqueue(change);
        return IsRegistered ? Hosts.New("host-1") with { Lifecycle = lifecycle } : null;
    }

    private static InvalidOperationException NotForTheEdge() => new("The management API has no use for this call.");

#pragma warning disable CA1852 // DispatchProxy derives from it at run time.
    internal class Dispatcher : DispatchProxy
#pragma warning restore CA1852
    {
        public FakeGrains Grains { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Grains.Keys.Enqueue((string)args![0]!);
            return Grains;
        }
    }
}
