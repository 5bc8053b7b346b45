using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Fleet;
using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>The one writer of a pool's decisions: chooses and reserves in one turn. The key is the pool's name.</summary>
[Alias("opsen.ITierIndexGrain"), Version(1)]
public interface ITierIndexGrain : IGrainWithStringKey
{
    /// <summary>Takes a host's latest state.</summary>
    [Alias("Observe")]
    ValueTask<ObserveAnswer> Observe(HostSnapshot snapshot);

    /// <summary>Takes a host out, with its reservations. False when it is not there.</summary>
    [Alias("Remove")]
    ValueTask<bool> Remove(string clientId);

    /// <summary>Chooses and reserves for every request, in order; the responses have the requests' order. What is granted is stored within a second, not before
    /// the response.</summary>
    [Alias("Place")]
    ValueTask<PlacementDecision[]> Place([Immutable] PlacementRequest[] requests);

    /// <summary>Ends reservations and then chooses and reserves, as <see cref="Place"/> does.</summary>
    /// <param name="epoch">The highest epoch that the caller knows of. An index of a lower one decides no more.</param>
    /// <param name="released">Reservations that the caller needs no longer.</param>
    /// <param name="requests">What is asked for.</param>
    [Alias("ReleaseAndPlace")]
    ValueTask<PlacementDecision[]> ReleaseAndPlace(long epoch, [Immutable] Guid[] released, [Immutable] PlacementRequest[] requests);

    /// <summary>The same, but what is granted is stored before the response, so that it outlives every process. Where that fails: in a cluster whose silos
    /// confirm that no other index can decide, it is granted all the same (<see cref="PlacementDecision.IsUnstored"/>) and stored later; else
    /// <see cref="RouteOutcome.NotStored"/>.</summary>
    [Alias("ReleaseAndPlaceDurably")]
    Task<PlacementDecision[]> ReleaseAndPlaceDurably(long epoch, [Immutable] Guid[] released, [Immutable] PlacementRequest[] requests);

    /// <summary>A gateway follows this index from now on, and hands in what an earlier one may not have stored. An index that begins waits for that a
    /// moment.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="held">What it was granted and does not know to be stored.</param>
    /// <param name="ended">What it has given back lately.</param>
    /// <returns>The epoch of the index that took it.</returns>
    [Alias("Join"), AlwaysInterleave]
    Task<long> Join(Guid gateway, [Immutable] HeldReservation[] held, [Immutable] Guid[] ended);

    /// <summary>A gateway that has joined this index is still there (<see cref="GatewayPresence"/>). One that an index has not heard of for long is not waited
    /// for by the next one.</summary>
    [Alias("Stay"), AlwaysInterleave]
    Task Stay(Guid gateway);

    /// <summary>Waits for room, in the order of <see cref="WaitTicket.Priority"/>, weights and arrival, over all gateways. Answers when there is some, or after
    /// <see cref="WaitTicket.Wait"/>; the place in the order is kept for two seconds then, and the room too.</summary>
    [Alias("Wait"), AlwaysInterleave, ResponseTimeout("00:00:30")]
    Task<WaitAnswer> Wait(WaitTicket ticket);

    /// <summary>The holder of a ticket waits no longer. Room that was held and not used is free again.</summary>
    [Alias("Leave"), AlwaysInterleave]
    Task Leave(Guid ticket);

    /// <summary>Whether what this index granted under an epoch holds although it is not stored, because no other index can decide.</summary>
    [Alias("DecidesAlone")]
    ValueTask<bool> DecidesAlone(long epoch);

    /// <summary>Settles what was placed with <see cref="PlacementRequest.IsProvisional"/>: one of the two reservations ends, and the session has the other
    /// one.</summary>
    [Alias("Settle")]
    Task Settle(Guid ended, Guid kept);

    /// <summary>What the index would decide now, without reserving anything. Null when the tier is not configured.</summary>
    [Alias("Explain")]
    Task<PlacementExplanation?> Explain(PlacementRequest request);

    /// <summary>How many more sessions fit. Costs in proportion to the fleet.</summary>
    [Alias("GetRoom")]
    ValueTask<PoolRoom> GetRoom();

    /// <summary>What is remembered of a decision; null when it is too long ago or was never made.</summary>
    [Alias("GetDecision")]
    Task<DecisionRecord?> GetDecision(Guid reservationId);

    /// <summary>The latest decisions that found a host, the latest first.</summary>
    /// <param name="limit">At most so many.</param>
    [Alias("GetDecisions")]
    Task<ImmutableArray<RecentDecision>> GetDecisions(int limit);

    /// <summary>How a session stands on its host.</summary>
    [Alias("HasRoomFor")]
    ValueTask<SessionRoom> HasRoomFor(string clientId, string tier, Guid reservationId);

    /// <summary>Where a session is, for when its row cannot be read: <see cref="RouteOutcome.Routed"/> with its reservation when that is live and certainly
    /// stored, else <see cref="RouteOutcome.NotStored"/>.</summary>
    [Alias("FindSession")]
    ValueTask<PlacementDecision> FindSession(string stickyId, string tier);

    /// <summary>Ends a reservation. False when it is unknown or over. A session's gateways hear of it.</summary>
    [Alias("Release")]
    ValueTask<bool> Release(Guid reservationId);

    /// <summary>Ends all reservations of a session, and tells every gateway to forget where it was.</summary>
    [Alias("EndSession")]
    Task EndSession(string stickyId);

    /// <summary>Starts a reservation's time anew; stored when it returns. False when it is unknown or over.</summary>
    /// <exception cref="OrleansException">It could not be stored; it may end at its earlier time.</exception>
    [Alias("Renew")]
    ValueTask<bool> Renew(Guid reservationId);

    /// <summary>Ends all reservations; returns how many. Stored when it returns, unless storage is in trouble.</summary>
    [Alias("PurgeReservations")]
    Task<int> PurgeReservations();

    /// <summary>Removes the hosts that are stale and do not report at this moment; returns how many.</summary>
    [Alias("PurgeStale")]
    Task<int> PurgeStale();

    /// <summary>What changed in the fleet after <paramref name="since"/>. Waits for a change for up to <paramref name="wait"/>.
    /// A copy of the whole fleet when the index is not the one that <paramref name="epoch"/> names, or no longer knows that far back.</summary>
    [Alias("GetChanges"), AlwaysInterleave, ResponseTimeout("00:00:30")]
    Task<FleetChanges> GetChanges(long epoch, long since, TimeSpan wait);
}

/// <summary>How a session stands on its host.</summary>
/// <param name="IsThere">False when the host is overloaded for the session's tier: the tier has not fitted in two reports in a row, not counting the session's
/// own reservation.</param>
/// <param name="ReservedFor">How long the session's reservation still lives; zero when it is over.</param>
[GenerateSerializer, Immutable, Alias("opsen.SessionRoom")]
public readonly record struct SessionRoom([property: Id(0)] bool IsThere, [property: Id(1)] TimeSpan ReservedFor);

/// <summary>The index's answer to a host's state.</summary>
/// <param name="IsTaken">False when another host has registered with its endpoint since: the caller must forget itself, unless it registers at this
/// moment.</param>
/// <param name="TakenSince">That other host's <see cref="HostSnapshot.RegisteredAt"/>; 0 when there is none.</param>
/// <param name="IgnoresHealth">Whether the pool is in panic, so that sessions stay on hosts whose probes fail.</param>
[GenerateSerializer, Immutable, Alias("opsen.ObserveAnswer")]
public readonly record struct ObserveAnswer(
    [property: Id(0)] bool IsTaken, [property: Id(1)] long TakenSince, [property: Id(2)] bool IgnoresHealth);
