using System.Collections.Concurrent;
using System.Collections.Immutable;
using Opsen.Grains.Fleet;
using Opsen.Grains.Sessions;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>
/// Caches the host of each recently seen session. An entry is valid while the fleet view shows nothing that could have made sessions leave the host. Two
/// generations bound the size: when the young one is full it becomes the old one, and the old one is dropped.
/// </summary>
internal sealed class SessionCache
{
    /// <summary>Sessions a generation.</summary>
    private const int GenerationSize = 100_000;

    /// <summary>Ended sessions remembered, because a lookup that began before the end may complete after it.</summary>
    private const int MaxEnded = 1024;

    private readonly FleetView _fleet;
    private readonly TimeProvider _time;
    private readonly TimeSpan _lifetime;
    private readonly Lock _turning = new();
    private readonly ConcurrentDictionary<string, long> _ended = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _endedInOrder = new();
    private volatile Generations _generations = new(NewGeneration(), NewGeneration());

    public SessionCache(FleetView fleet, ServerOptions options, TimeProvider time)
    {
        _fleet = fleet;
        _time = time;
        _lifetime = SessionLifetime.TouchInterval(TimeSpan.FromMinutes(options.StickyTtlMinutes));
        fleet.SessionEnded += End;
    }

    /// <summary>How many entries there are. Takes the locks of both generations: for metrics only.</summary>
    public int Count => _generations is var (young, old) ? young.Count + old.Count : 0;

    /// <summary>The session's host and reservation, if they are known and still good for tier number <paramref name="tier"/>.</summary>
    public bool TryGet(SessionTier key, int tier, out CachedSession session)
    {
        var generations = _generations;
        if (generations.Young.TryGetValue(key, out session))
        {
            return IsGood(session, tier);
        }

        if (!generations.Old.TryGetValue(key, out session) || !IsGood(session, tier))
        {
            return false;
        }

        Add(generations.Young, key, session);
        return true;
    }

    /// <summary>Where the session was when it was last looked up, for when the cluster cannot say where it is now: if its host is there, keeps sessions, and
    /// has not lost them since.</summary>
    public bool TryGetLastKnown(SessionTier key, out CachedSession session)
    {
        var generations = _generations;
        if ((!generations.Young.TryGetValue(key, out session) && !generations.Old.TryGetValue(key, out session))
            || _fleet.Find(session.Entry.Snapshot.ClientId) is not { Snapshot.KeepsSessions: true } entry
            || entry.Snapshot.AffinityEpoch > session.AffinityEpoch)
        {
            return false;
        }

        session = session with { Entry = entry };
        return true;
    }

    /// <summary>Caches a session's host, unless sessions are leaving that host: then the session's grain must be asked each time.</summary>
    public void Set(SessionTier key, int tier, in CachedSession session)
    {
        if (!IsGood(session, tier))
        {
            return;
        }

        var young = _generations.Young;
        Add(young, key, session);
        if (young.Count > GenerationSize)
        {
            Turn(young);
        }
    }

    /// <summary>Forgets a session that was ended.</summary>
    /// <param name="stickyId">The session.</param>
    /// <param name="version">Version of the fleet in which it had ended: lookups that began earlier are void.</param>
    public void End(string stickyId, long version)
    {
        // Recorded before the removal, while Add inserts before it checks the record: whichever runs second removes the entry.
        if (_ended.TryAdd(stickyId, version))
        {
            _endedInOrder.Enqueue(stickyId);
        }
        else
        {
            _ended[stickyId] = version;
        }

        if (_endedInOrder.Count > MaxEnded && _endedInOrder.TryDequeue(out var oldest))
        {
            _ended.TryRemove(oldest, out _);
        }

        var generations = _generations;
        foreach (var tier in _fleet.Tiers)
        {
            generations.Young.TryRemove(new SessionTier(stickyId, tier.Name), out _);
            generations.Old.TryRemove(new SessionTier(stickyId, tier.Name), out _);
        }
    }

    private void Add(ConcurrentDictionary<SessionTier, CachedSession> generation, SessionTier key, in CachedSession session)
    {
        generation[key] = session;
        if (!_ended.IsEmpty && _ended.TryGetValue(key.StickyId, out var version) && session.AsOf < version)
        {
            generation.TryRemove(key, out _);
        }
    }

    private static ConcurrentDictionary<SessionTier, CachedSession> NewGeneration() => new();

    private bool IsGood(in CachedSession session, int tier)
    {
        var entry = session.Entry;
        var host = entry.Host;
        return !entry.IsGone
            && host.SessionEpoch <= session.AsOf
            && host.Snapshot.KeepsSessions
            && (host.OverloadedTiers & (1UL << tier)) == 0
            && _time.GetElapsedTime(session.Since) < _lifetime;
    }

    private void Turn(ConcurrentDictionary<SessionTier, CachedSession> full)
    {
        lock (_turning)
        {
            if (_generations.Young == full)
            {
                _generations = new Generations(NewGeneration(), full);
            }
        }
    }

    private sealed record Generations(ConcurrentDictionary<SessionTier, CachedSession> Young, ConcurrentDictionary<SessionTier, CachedSession> Old);
}

/// <summary>A session and one of its tiers.</summary>
/// <param name="StickyId">The session.</param>
/// <param name="Tier">The tier's name.</param>
internal readonly record struct SessionTier(string StickyId, string Tier);

/// <summary>Where a session was found.</summary>
/// <param name="Entry">Its host.</param>
/// <param name="AsOf">Fleet version before the lookup. A later <see cref="Grains.Interfaces.Fleet.FleetHost.SessionEpoch"/> voids the entry.</param>
/// <param name="AffinityEpoch">The host's <see cref="Opsen.Grains.Interfaces.Backends.HostSnapshot.AffinityEpoch"/> when the session was assigned: with a
/// higher one, the host has lost the session.</param>
/// <param name="ReservationId">The reservation that was made with the assignment.</param>
/// <param name="GpuIds">Cards of that reservation.</param>
/// <param name="Since">When it was found, by the monotonic clock.</param>
/// <param name="ReservedUntil">Until when the reservation is known to be live, by the monotonic clock. It may live longer: look the session up again
/// then.</param>
internal readonly record struct CachedSession(
    FleetEntry Entry, long AsOf, long AffinityEpoch, Guid ReservationId, ImmutableArray<int> GpuIds, long Since, long ReservedUntil);
