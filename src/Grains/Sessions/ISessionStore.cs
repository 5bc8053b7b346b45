using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Sessions;

namespace Opsen.Grains.Sessions;

/// <summary>Where assignments are kept. A failure of the storage is whatever exception its driver throws; nothing was changed then.</summary>
public interface ISessionStore
{
    /// <summary>A session's assignments, those that have expired among them.</summary>
    ImmutableArray<SessionAssignment> Read(string pool, string stickyId);

    /// <summary>Stores an assignment in place of the session's earlier one for the tier. Durable when it completes.</summary>
    Task WriteAsync(string pool, SessionAssignment assignment);

    /// <summary>Takes all of a session's assignments out. Durable when it completes; false when there were none.</summary>
    Task<bool> DeleteAsync(string pool, string stickyId);

    /// <summary>Notes that a session was used. Written in bulk within seconds; a crash may lose it.</summary>
    void Touch(string pool, string stickyId, string tier, DateTimeOffset lastUsed);

    /// <summary>One page of assignments used since <paramref name="oldest"/>; see <see cref="ISessionDirectoryGrain.List"/>.</summary>
    SessionPage List(string pool, string? clientId, DateTimeOffset oldest, long after, int limit);

    /// <summary>How many assignments used since <paramref name="oldest"/> each host has. Looks at all of the pool's assignments.</summary>
    ImmutableArray<SessionCount> CountByHost(string pool, DateTimeOffset oldest);

    /// <summary>Takes out, in the background, what was assigned to a host up to an <see cref="Interfaces.Backends.HostSnapshot.AffinityEpoch"/>. Those assignments
    /// are void already; rows that a crash leaves go when they expire.</summary>
    void ForgetHost(string clientId, long affinityEpoch);

    /// <summary>Takes out what was last used before <paramref name="oldest"/>; returns how many.</summary>
    Task<int> SweepAsync(DateTimeOffset oldest, CancellationToken cancellation);
}
