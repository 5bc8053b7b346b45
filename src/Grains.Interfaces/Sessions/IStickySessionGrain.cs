using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Tiers;
using Orleans.CodeGeneration;

namespace Opsen.Grains.Interfaces.Sessions;

/// <summary>Owns the hosts of one sticky id, one per tier, and their durability. The key is <see cref="SessionKey"/>'s.</summary>
[Alias("opsen.IStickySessionGrain"), Version(1)]
public interface IStickySessionGrain : IGrainWithStringKey
{
    /// <summary>The session's host for a tier: the one it has if it may stay there, else a new one. Durable when it returns.</summary>
    /// <param name="request">The tier, the caller's place, hosts that the session must leave, and whether to explain. The rest is the session's own to
    /// say.</param>
    [Alias("Resolve")]
    Task<PlacementDecision> Resolve(PlacementRequest request);

    /// <summary>The session's assignments, one a tier; empty when it has none.</summary>
    [Alias("GetAssignments")]
    Task<ImmutableArray<SessionAssignment>> GetAssignments();

    /// <summary>Ends the session: its assignments go, for good when this returns, and their reservations are released. False when it has none.</summary>
    [Alias("End")]
    Task<bool> End();
}
