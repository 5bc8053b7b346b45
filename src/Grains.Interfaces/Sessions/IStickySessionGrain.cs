using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Interfaces.Sessions;

/// <summary>Owns the hosts of one sticky id, one per tier, and their durability. The key is <see cref="SessionKey"/>'s.</summary>
[Alias("opsen.IStickySessionGrain")]
public interface IStickySessionGrain : IGrainWithStringKey
{
    /// <summary>The session's host for a tier: the one it has if it may stay there, else a new one. Durable when it returns.</summary>
    [Alias("Resolve")]
    Task<SessionDecision> Resolve(SessionRequest request);

    /// <summary>The session's assignments, one a tier; empty when it has none.</summary>
    [Alias("GetAssignments")]
    Task<ImmutableArray<SessionAssignment>> GetAssignments();

    /// <summary>Ends the session: its assignments go, for good when this returns, and their reservations are released. False when it has none.</summary>
    [Alias("End")]
    Task<bool> End();
}

/// <summary>Asks for a session's host.</summary>
/// <param name="Tier">The tier's name.</param>
/// <param name="Place">Where the user is.</param>
/// <param name="Excluded">Hosts that just refused a connection: the session leaves them.</param>
/// <param name="Explain">Whether to say of every host why it was chosen or not.</param>
[GenerateSerializer, Immutable, Alias("opsen.SessionRequest")]
public sealed record SessionRequest(
    [property: Id(0)] string Tier,
    [property: Id(1)] GeoPoint Place,
    [property: Id(2)] ImmutableArray<string> Excluded,
    [property: Id(3)] bool Explain = false);

/// <summary>A session's host.</summary>
/// <param name="Decision">The decision; for a session that stayed, its reservation as it was when made.</param>
/// <param name="IsNew">Whether the session was placed now rather than found.</param>
[GenerateSerializer, Immutable, Alias("opsen.SessionDecision")]
public sealed record SessionDecision([property: Id(0)] PlacementDecision Decision, [property: Id(1)] bool IsNew);
