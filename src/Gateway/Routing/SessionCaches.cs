using System.Collections.Immutable;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>What is known of sessions, by pool: a pool's feed says what is out of date in its own cache.</summary>
internal sealed class SessionCaches(GatewayFleet fleet, ServerOptions options, TimeProvider time)
{
    private readonly ImmutableArray<SessionCache> _caches = [.. fleet.Pools.Select(pool => new SessionCache(pool, options, time))];

    /// <summary>The cache of the pool with this number in <see cref="GatewayFleet.Pools"/>.</summary>
    public SessionCache this[int pool] => _caches[pool];

    /// <summary>How many sessions and tiers are remembered.</summary>
    public int Count => _caches.Sum(static cache => cache.Count);

    /// <summary>The session's host and reservation; see <see cref="SessionCache.TryGet"/>.</summary>
    /// <param name="key">The session and its tier.</param>
    /// <param name="session">Where it is.</param>
    /// <param name="pool">The number of its pool.</param>
    public bool TryGet(SessionTier key, out CachedSession session, out int pool)
    {
        for (pool = 0; pool < _caches.Length; pool++)
        {
            if (fleet.Pools[pool].FindTier(key.Tier) is >= 0 and var tier && _caches[pool].TryGet(key, tier, out session))
            {
                return true;
            }
        }

        session = default;
        return false;
    }

    /// <summary>Where the session was when it was last looked up; see <see cref="SessionCache.TryGetLastKnown"/>.</summary>
    /// <param name="key">The session and its tier.</param>
    /// <param name="session">Where it was: of several pools, where it was found last.</param>
    /// <param name="pool">The number of its pool.</param>
    public bool TryGetLastKnown(SessionTier key, out CachedSession session, out int pool)
    {
        (session, pool) = (default, -1);
        for (var i = 0; i < _caches.Length; i++)
        {
            if (_caches[i].TryGetLastKnown(key, out var known) && (pool < 0 || known.Since > session.Since))
            {
                (session, pool) = (known, i);
            }
        }

        return pool >= 0;
    }

    /// <summary>Forgets a session that this gateway has ended. The others learn of it from the feed.</summary>
    public void End(string stickyId)
    {
        for (var i = 0; i < _caches.Length; i++)
        {
            _caches[i].End(stickyId, fleet.Pools[i].Version + 1);
        }
    }
}
