using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Sessions;

namespace Opsen.Grains.Sessions;

/// <summary>Where assignments are kept. A failure of the storage is whatever exception its driver throws; nothing was changed then.</summary>
public interface ISessionStore
{
    /// <summary>A session's assignments, those that have expired among them.</summary>
    ImmutableArray<SessionAssignment> Read(string pool, string stickyId);

    /// <summary>Assignments whose reservation may be alive: an index that starts asks for them.</summary>
    Task<ImmutableArray<SessionAssignment>> ReadReservedAsync(string pool, DateTimeOffset now);

    /// <summary>Stores an assignment in place of the session's earlier one for the tier. Durable when it completes.</summary>
    /// <param name="pool">The session's pool.</param>
    /// <param name="assignment">The assignment.</param>
    /// <param name="epoch">The epoch of the index that granted its reservation.</param>
    /// <returns>False, and nothing is stored, when the pool has another epoch: the index that decides now may not know of the reservation.</returns>
    Task<bool> WriteAsync(string pool, SessionAssignment assignment, long epoch);

    /// <summary>Deletes all of a session's assignments. Durable when it completes; false when there were none.</summary>
    Task<bool> DeleteAsync(string pool, string stickyId);

    /// <summary>Records that a session was used. Written in bulk within seconds; a crash may lose it.</summary>
    void Touch(string pool, string stickyId, string tier, DateTimeOffset lastUsed);

    /// <summary>One page of assignments used since <paramref name="oldest"/>; see <see cref="ISessionDirectoryGrain.List"/>.</summary>
    SessionPage List(string pool, string? clientId, DateTimeOffset oldest, long after, int limit);

    /// <summary>How many assignments used since <paramref name="oldest"/> each host has. Looks at all of the pool's assignments.</summary>
    ImmutableArray<SessionCount> CountByHost(string pool, DateTimeOffset oldest);

    /// <summary>Deletes, in the background, what was assigned to a host up to an <see cref="Interfaces.Backends.HostSnapshot.AffinityEpoch"/>. Those
    /// assignments are void already; rows that a crash leaves go when they expire.</summary>
    void ForgetHost(string clientId, long affinityEpoch);

    /// <summary>Deletes what was last used before <paramref name="oldest"/>; returns how many.</summary>
    Task<int> SweepAsync(DateTimeOffset oldest, CancellationToken cancellation);
}
