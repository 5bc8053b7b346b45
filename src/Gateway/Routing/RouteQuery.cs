using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Routing;

/// <summary>Asks for a host for one request.</summary>
/// <param name="Tier">The tier's name.</param>
/// <param name="StickyId">The session, or null for a request without one.</param>
/// <param name="Place">Where the user is.</param>
/// <param name="Excluded">Hosts that just refused a connection.</param>
/// <param name="Replaces">A reservation without a session that the new one replaces (a retry).</param>
/// <param name="Explain">Whether to say of every host why it was chosen or not.</param>
/// <param name="IsLasting">Whether the caller keeps the reservation after this request: it must survive a crash, and is named only while it is live.</param>
internal readonly record struct RouteQuery(
    string Tier,
    string? StickyId,
    GeoPoint Place,
    ImmutableArray<string> Excluded,
    PooledReservation? Replaces = null,
    bool Explain = false,
    bool IsLasting = false)
{
    /// <summary>The key by which the caller may ask for this placement again (<see cref="CallerKeys"/>); null without one, and for sessions, which have one
    /// reservation a tier anyway.</summary>
    public string? CallerKey { get; init; }

    /// <summary>How it waits for room where there is none; null where no tier has a waiting room.</summary>
    public WaitTerms? Wait { get; init; }

    /// <summary>Makes a first try, with no host excluded.</summary>
    public RouteQuery(string tier, string? stickyId, GeoPoint place)
        : this(tier, stickyId, place, [])
    {
    }
}
