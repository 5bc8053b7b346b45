using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Opsen.Grains.Budgets;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Sessions;

/// <summary>
/// Owns one session's assignments. A session stays where it is unless its host is gone, stale, unhealthy, past a drain's deadline, unreachable, or overloaded;
/// it hears of a new host only after that is stored.
/// </summary>
internal sealed partial class StickySessionGrain(
    ISessionStore store,
    GrainSettings settings,
    FleetViews fleets,
    StorageBudget budget,
    GrainReferences<ITierIndexGrain> indexes,
    TimeProvider time,
    ILogger<StickySessionGrain> logger) : Grain, IStickySessionGrain
{
    /// <summary>
    /// How long the grain stays in memory. Gateways answer for a known session without it, and it is found again in storage within a millisecond: so memory
    /// follows the traffic, not the number of sessions, and what a burst of new sessions leaves for the garbage collector to copy stays small (with a second
    /// here, its pauses were three times as long). Orleans' own collection begins only after ten seconds without a call.
    /// </summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMilliseconds(100);

    /// <summary>A grain that was called this recently stays: calls may be waiting, and Orleans rejects those that two activations in a row left
    /// unanswered.</summary>
    private static readonly TimeSpan Busy = Lifetime / 2;

    /// <summary>How often what could not be stored is tried again.</summary>
    private static readonly TimeSpan StoreInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long a known session waits for the index: about half of what its caller waits for it.</summary>
    private static readonly TimeSpan IndexPatience = TimeSpan.FromMilliseconds(250);

    /// <summary>Placements that one request tries when indexes, or activations of its session, follow each other.</summary>
    private const int MaxTries = 3;

    private string _pool = "";
    private string _stickyId = "";

    /// <summary>Assignments that were acknowledged and could not be stored yet, what they replace, and under which epoch they were made.</summary>
    private readonly List<(SessionAssignment Assignment, Guid? Replaces, long Epoch)> _unstored = [];

    /// <summary>What is stored; unset until it has been read, and after a write that failed.</summary>
    private ImmutableArray<SessionAssignment> _assignments;

    /// <summary>Whether storage could not be read, so that nobody knows whether the session is new.</summary>
    private bool _isUnread;

    /// <summary>When the latest call ended.</summary>
    private long _lastCall;

    private int _running;

    private ITierIndexGrain Index => indexes.Get(_pool);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_pool, _stickyId) = SessionKey.Parse(this.GetPrimaryKeyString());
        this.RegisterGrainTimer(_ => EndLifeAsync(), new GrainTimerCreationOptions(Lifetime, Lifetime) { Interleave = true });
        return Task.CompletedTask;
    }

    public async Task<PlacementDecision> Resolve(PlacementRequest request)
    {
        _running++;
        try
        {
            return await ResolveOrRetryAsync(request);
        }
        finally
        {
            _running--;
            _lastCall = time.GetTimestamp();
        }
    }

    public async Task<ImmutableArray<SessionAssignment>> GetAssignments()
    {
        await ReadAsync();
        return [.. Live()];
    }

    public async Task<bool> End()
    {
        _assignments = default;
        var existed = await store.DeleteAsync(_pool, _stickyId);
        _assignments = [];
        if (existed)
        {
            budget.Sessions.GiveBack();
        }

        await Index.EndSession(_stickyId);
        return existed;
    }

    private async Task<PlacementDecision> ResolveOrRetryAsync(PlacementRequest request)
    {
        // Once more when an index followed meanwhile (ADR 0006) or another activation of this session stored a host first: what is true now is read again.
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (!await TryReadAsync())
            {
                return await FindInIndexAsync(request);
            }

            if (await TryResolveAsync(request) is { } decision)
            {
                return decision;
            }
        }

        return new PlacementDecision { Outcome = RouteOutcome.Unavailable };
    }

    /// <summary>Leaves memory, when nobody calls and everything is stored.</summary>
    private async Task EndLifeAsync()
    {
        if (_running > 0 || time.GetElapsedTime(_lastCall) < Busy)
        {
            return;
        }

        while (_unstored.Count > 0)
        {
            await Task.Delay(StoreInterval, time);
            await StoreUnstoredAsync();
        }

        DeactivateOnIdle();
    }

    private static PlacementDecision NotStored() => new() { Outcome = RouteOutcome.NotStored };

    private async ValueTask ReadAsync()
    {
        if (_assignments.IsDefault)
        {
            _assignments = await store.ReadAsync(_pool, _stickyId);
            _isUnread = false;
        }
    }

    private async ValueTask<bool> TryReadAsync()
    {
        try
        {
            await ReadAsync();
            return true;
        }
#pragma warning disable CA1031 // Whatever storage says: without knowing where the session is, none is assigned.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotRead(_stickyId, error.Message);

            // The index still knows where a session is whose reservation is alive.
            _isUnread = true;
            return settings.AssignsUnstored && (_assignments = []).IsEmpty;
        }
    }

    /// <summary>Decides by what has been read. Null when it has to be read again.</summary>
    private async Task<PlacementDecision?> StayOrMoveAsync(PlacementRequest request, SessionAssignment? current)
    {
        var (mayStay, isOverloaded, reservedFor) = (false, false, TimeSpan.Zero);
        if (current is not null && !request.Excluded.Contains(current.ClientId) && IsServed(current, request) && await FindKeeperAsync(current) is { } host)
        {
            var room = await FindRoomAsync(current);
            reservedFor = room.ReservedFor;
            isOverloaded = settings.MoveOnOverload && !room.IsThere;
            mayStay = true;
            if (!isOverloaded && HasItsCards(current))
            {
                return await StayAsync(request, current, host, reservedFor);
            }
        }

        var decision = await PlaceAsync(request, current, mayStay && !isOverloaded);
        return decision.Outcome switch
        {
            RouteOutcome.Routed => await MoveAsync(request.Tier, current, decision),

            // A crowded host serves the session better than no host does.
            RouteOutcome.NoCapacity when mayStay && await FindKeeperAsync(current!) is { } crowded => await StayAsync(request, current!, crowded, reservedFor),
            _ => decision,
        };
    }

    private IEnumerable<SessionAssignment> Live()
    {
        var oldest = SessionLifetime.OldestUse(time.GetUtcNow(), settings.SessionTtl);
        return _assignments.Where(assignment => assignment.LastUsed >= oldest);
    }

    /// <summary>The assignment's host if it may keep the session. From this silo's copy of the fleet; a host that is not in it may be newer than the copy, so
    /// its grain has the last word.</summary>
    private async Task<HostSnapshot?> FindKeeperAsync(SessionAssignment assignment)
    {
        var pool = PoolOf(assignment);
        var host = fleets.For(pool).Find(assignment.ClientId)?.Snapshot ?? await GrainFactory.GetGrain<IBackendGrain>(assignment.ClientId).GetSnapshot();
        return host is { KeepsSessions: true } && host.Registration.Pool == pool && host.AffinityEpoch <= assignment.AffinityEpoch ? host : null;
    }

    /// <summary>How the session stands on its host. While the index does not answer it stays, and has its reservation for as long as it was told when it was
    /// placed.</summary>
    private async Task<SessionRoom> FindRoomAsync(SessionAssignment current)
    {
        try
        {
            return await IndexOf(current).HasRoomFor(current.ClientId, current.Tier, current.ReservationId).AsTask().WaitAsync(IndexPatience, time);
        }
#pragma warning disable CA1031 // Whatever keeps the index from answering, the session's host has it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogIndexSilent(_stickyId, error.Message);
            var left = current.ReservedUntil - time.GetUtcNow();
            return new SessionRoom(IsThere: true, left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    /// <summary>Whether the session has as many cards as its tier has now: it may have been placed before the tier was changed.</summary>
    private bool HasItsCards(SessionAssignment assignment) =>
        settings.Tiers.FirstOrDefault(tier => tier.Name == assignment.Tier) is not { } tier || tier.Gpu == assignment.GpuIds.Length;

    /// <summary>What to ask the index.</summary>
    /// <param name="request">The session's request.</param>
    /// <param name="current">Where the session is.</param>
    /// <param name="prefersItsHost">Whether the session stays on its host if its tier still fits there.</param>
    private PlacementRequest ToPlacement(PlacementRequest request, SessionAssignment? current, bool prefersItsHost) => request with
    {
        StickyId = _stickyId,
        Pools = [],
        Preferred = [.. prefersItsHost ? [current!.ClientId] : (IEnumerable<string>)[], .. settings.SessionAffinity ? OtherHosts(request.Tier) : []],
        Replaces = current?.ReservationId,
        IsProvisional = current is not null,
    };

    private IEnumerable<string> OtherHosts(string tier) =>
        Live().Where(other => other.Tier != tier).OrderByDescending(static other => other.LastUsed).Select(static other => other.ClientId).Distinct();

    private async Task<PlacementDecision> StayAsync(PlacementRequest request, SessionAssignment current, HostSnapshot host, TimeSpan reservedFor)
    {
        var now = time.GetUtcNow();
        if (now - current.LastUsed >= SessionLifetime.TouchInterval(settings.SessionTtl))
        {
            _assignments = _assignments.Replace(current, current with { LastUsed = now });
            store.Touch(_pool, _stickyId, current.Tier, now);
        }

        var decision = new PlacementDecision
        {
            Outcome = RouteOutcome.Routed,
            ClientId = current.ClientId,
            ReservationId = reservedFor > TimeSpan.Zero ? current.ReservationId : Guid.Empty,
            ReservedFor = reservedFor,
            GpuIds = current.GpuIds,
            DistanceKm = GeoPoint.DistanceKm(request.Place, host.Registration.Place),
            AffinityEpoch = current.AffinityEpoch,
            Pool = request.Pools.IsEmpty ? "" : PoolOf(current),
            Explanation = request.Explain ? await ExplainStayAsync(request, current) : null,
        };
        return decision;
    }

    /// <summary>What the fleet looks like to a session that stays where it is.</summary>
    private async Task<PlacementExplanation?> ExplainStayAsync(PlacementRequest request, SessionAssignment current) =>
        await IndexOf(current).Explain(ToPlacement(request, current, prefersItsHost: true)) is { } fleet
            ? fleet with { ClientId = current.ClientId, IsExisting = true } : null;

    [LoggerMessage(405, LogLevel.Debug, "The index did not say whether session {StickyId} has room, so it stays: {Message}")]
    private partial void LogIndexSilent(string stickyId, string message);

    [LoggerMessage(403, LogLevel.Debug, "The host of session {StickyId} could not be read: {Message}")]
    private partial void LogNotRead(string stickyId, string message);
}
