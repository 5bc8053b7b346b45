using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Sessions;

namespace Opsen.Grains.Sessions;

/// <summary>Where assignments are kept. A failure of the storage is whatever exception its driver throws. Whether a write that failed was done is unknown: a
/// connection can break after the commit, before its confirmation.</summary>
public interface ISessionStore
{
    /// <summary>A session's assignments, those that have expired among them.</summary>
    ValueTask<ImmutableArray<SessionAssignment>> ReadAsync(string pool, string stickyId);

    /// <summary>Assignments whose reservation may be alive: an index that starts asks for them.</summary>
    Task<ImmutableArray<SessionAssignment>> ReadReservedAsync(string pool, DateTimeOffset now);

    /// <summary>Stores an assignment in place of the session's earlier one for the tier. Durable when it completes.</summary>
    /// <param name="pool">The session's pool.</param>
    /// <param name="assignment">The assignment.</param>
    /// <param name="replaces">The reservation of the assignment that the caller has read; null when there was none.</param>
    /// <param name="epoch">The epoch of the index that granted its reservation.</param>
    Task<SessionWrite> WriteAsync(string pool, SessionAssignment assignment, Guid? replaces, long epoch);

    /// <summary>Deletes all of a session's assignments. Durable when it completes; false when there were none.</summary>
    Task<bool> DeleteAsync(string pool, string stickyId);

    /// <summary>Records that a session was used. Written in bulk within seconds; a crash may lose it.</summary>
    void Touch(string pool, string stickyId, string tier, DateTimeOffset lastUsed);

    /// <summary>One page of assignments used since <paramref name="oldest"/>; see <see cref="ISessionDirectoryGrain.List"/>.</summary>
    Task<SessionPage> ListAsync(string pool, string? clientId, DateTimeOffset oldest, long after, int limit);

    /// <summary>How many assignments used since <paramref name="oldest"/> each host has. Looks at all of the pool's assignments.</summary>
    Task<ImmutableArray<SessionCount>> CountByHostAsync(string pool, DateTimeOffset oldest);

    /// <summary>Deletes, in the background, what was assigned to a host up to an <see cref="Interfaces.Backends.HostSnapshot.AffinityEpoch"/>. Those
    /// assignments are void already; rows that a crash leaves go when they expire.</summary>
    void ForgetHost(string clientId, long affinityEpoch);

    /// <summary>Deletes what was last used before <paramref name="oldest"/>; returns how many.</summary>
    Task<int> SweepAsync(DateTimeOffset oldest, CancellationToken cancellation);
}

/// <summary>How a conditional write of an assignment ended.</summary>
public enum SessionWrite
{
    /// <summary>It is stored.</summary>
    Stored,

    /// <summary>Nothing is stored: another writer has stored an assignment since the caller read.</summary>
    Conflict,

    /// <summary>Nothing is stored: the pool has another epoch, so the index that decides now may not know of the reservation.</summary>
    Fenced,
}
