using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Opsen.Grains.Fleet;
using Opsen.Grains.Hosting;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;
using Orleans.Storage;

namespace Opsen.Grains.Sessions;

/// <summary>
/// Owns one session's assignments. A session stays where it is unless its host is gone, stale, unhealthy, past a drain's deadline, unreachable, or overloaded;
/// it hears of a new host only after that is stored.
/// </summary>
internal sealed partial class StickySessionGrain(
    [PersistentState("session", GrainSettings.StorageName)] IPersistentState<SessionState> storage,
    GrainSettings settings,
    FleetViews fleets,
    TimeProvider time,
    ILogger<StickySessionGrain> logger) : Grain, IStickySessionGrain
{
    private string _pool = "";
    private string _stickyId = "";

    private Dictionary<string, Assignment> Assignments => storage.State.Assignments;

    private ITierIndexGrain Index => GrainFactory.GetGrain<ITierIndexGrain>(_pool);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_pool, _stickyId) = SessionKey.Parse(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public async Task<SessionDecision> Resolve(SessionRequest request)
    {
        DropExpired();
        var current = Assignments.GetValueOrDefault(request.Tier);
        var isOverloaded = false;
        if (current is not null && !request.Excluded.Contains(current.ClientId) && await FindHostAsync(current.ClientId) is { KeepsSessions: true } host)
        {
            isOverloaded = settings.MoveOnOverload && !await Index.HasRoomFor(current.ClientId, request.Tier, current.ReservationId);
            if (!isOverloaded)
            {
                return await StayAsync(request, current, host);
            }
        }

        var decision = (await Index.Place([ToPlacement(request, current)]))[0];
        switch (decision.Outcome)
        {
            case RouteOutcome.Routed:
                return await MoveAsync(request.Tier, current, decision);

            case RouteOutcome.NoCapacity when isOverloaded && await FindHostAsync(current!.ClientId) is { KeepsSessions: true } crowded:
                // A crowded host serves the session better than no host does.
                return await StayAsync(request, current, crowded);

            default:
                return new SessionDecision(decision, IsNew: false);
        }
    }

    /// <summary>From this silo's copy of the fleet; a host that is not in it may be newer than the copy, so its grain has the last word.</summary>
    private async Task<HostSnapshot?> FindHostAsync(string clientId) =>
        fleets.For(_pool).Find(clientId)?.Snapshot ?? await GrainFactory.GetGrain<IBackendGrain>(clientId).GetSnapshot();

    private PlacementRequest ToPlacement(SessionRequest request, Assignment? current) => new()
    {
        Tier = request.Tier,
        Place = request.Place,
        StickyId = _stickyId,
        Preferred = settings.SessionAffinity
            ? [.. Assignments.Where(pair => pair.Key != request.Tier).OrderByDescending(pair => pair.Value.LastUsed).Select(pair => pair.Value.ClientId).Distinct()]
            : [],
        Excluded = request.Excluded,
        Replaces = current?.ReservationId,
        Explain = request.Explain,
    };

    private async Task<SessionDecision> StayAsync(SessionRequest request, Assignment current, HostSnapshot host)
    {
        var now = time.GetUtcNow();
        if (now - current.LastUsed >= SessionLifetime.TouchInterval(settings.SessionTtl))
        {
            await TouchAsync(request.Tier, current with { LastUsed = now });
        }

        var decision = new PlacementDecision
        {
            Outcome = RouteOutcome.Routed,
            ClientId = current.ClientId,
            ReservationId = current.ReservationId,
            GpuIds = ImmutableArray.Create(current.GpuIds),
            DistanceKm = GeoPoint.DistanceKm(request.Place, host.Registration.Place),
            Explanation = request.Explain ? await ExplainStayAsync(request, current) : null,
        };
        return new SessionDecision(decision, IsNew: false);
    }

    /// <summary>What the fleet looks like to a session that stays where it is.</summary>
    private async Task<PlacementExplanation?> ExplainStayAsync(SessionRequest request, Assignment current) =>
        await Index.Explain(ToPlacement(request, current)) is { } fleet ? fleet with { ClientId = current.ClientId, IsExisting = true } : null;

    /// <summary>Stores that the session was used. The assignment itself is safe, so trouble here is no reason to refuse the request.</summary>
    private async Task TouchAsync(string tier, Assignment used)
    {
        try
        {
            await StoreAsync(tier, used);
        }
#pragma warning disable CA1031 // Any failure of storage, whatever the provider throws.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotTouched(_stickyId, tier, error.Message);
        }
    }

    private async Task<SessionDecision> MoveAsync(string tier, Assignment? previous, PlacementDecision decision)
    {
        var now = time.GetUtcNow();
        var isSameHost = previous?.ClientId == decision.ClientId;
        try
        {
            await StoreAsync(tier, new Assignment(decision.ClientId, decision.ReservationId, [.. decision.GpuIds], isSameHost ? previous!.CreatedAt : now, now));
        }
#pragma warning disable CA1031 // Whatever storage says: what is not stored is not acknowledged, and its reservation is given back.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotStored(_stickyId, tier, error.Message);
            await Index.Release(decision.ReservationId);
            return new SessionDecision(new PlacementDecision { Outcome = RouteOutcome.Unavailable }, IsNew: false);
        }

        if (previous is not null && !isSameHost)
        {
            LogMoved(_stickyId, tier, previous.ClientId, decision.ClientId);
        }

        return new SessionDecision(decision, IsNew: true);
    }

    /// <summary>Stores an assignment, or leaves memory and storage as they were.</summary>
    private async Task StoreAsync(string tier, Assignment assignment)
    {
        var before = Assignments.ToDictionary();
        try
        {
            Assignments[tier] = assignment;
            try
            {
                await storage.WriteStateAsync();
            }
            catch (InconsistentStateException)
            {
                // The row changed under this activation (the sweep of unused sessions took it); what it holds now is the truth to build on.
                await storage.ReadStateAsync();
                Assignments[tier] = assignment;
                await storage.WriteStateAsync();
            }
        }
        catch
        {
            storage.State.Assignments = before;
            throw;
        }
    }

    private void DropExpired()
    {
        var oldest = time.GetUtcNow() - settings.SessionTtl;
        foreach (var (tier, _) in Assignments.Where(pair => pair.Value.LastUsed < oldest).ToList())
        {
            Assignments.Remove(tier);
        }
    }

    [LoggerMessage(401, LogLevel.Information, "Session {StickyId} of tier {Tier} moved from host {From} to {To}")]
    private partial void LogMoved(string stickyId, string tier, string from, string to);

    [LoggerMessage(402, LogLevel.Error, "The host of session {StickyId} of tier {Tier} could not be stored: {Message}")]
    private partial void LogNotStored(string stickyId, string tier, string message);

    [LoggerMessage(403, LogLevel.Warning, "The use of session {StickyId} of tier {Tier} could not be stored: {Message}")]
    private partial void LogNotTouched(string stickyId, string tier, string message);
}
