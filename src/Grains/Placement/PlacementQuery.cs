using System.Collections.Immutable;
using Opsen.Grains.Interfaces;

namespace Opsen.Grains.Placement;

/// <summary>Asks the index for a host for one session.</summary>
internal readonly record struct PlacementQuery
{
    private readonly ImmutableArray<string> _preferred;
    private readonly ImmutableArray<string> _excluded;

    /// <summary>Index of the tier.</summary>
    public int Tier { get; init; }

    /// <summary>Where the user is.</summary>
    public GeoPoint Place { get; init; }

    /// <summary>The session, or null.</summary>
    public string? StickyId { get; init; }

    /// <summary>Client ids of hosts to prefer, best first: the first that fits wins whatever its score.</summary>
    public ImmutableArray<string> Preferred
    {
        get => _preferred.IsDefault ? [] : _preferred;
        init => _preferred = value;
    }

    /// <summary>Client ids of hosts not to use.</summary>
    public ImmutableArray<string> Excluded
    {
        get => _excluded.IsDefault ? [] : _excluded;
        init => _excluded = value;
    }

    /// <summary>A reservation to give up when a new one is granted.</summary>
    public Guid? Replaces { get; init; }

    /// <summary>A reservation that has held room for this one, and ends for it; empty = none.</summary>
    public Guid Slot { get; init; }

    /// <summary>Whether the replaced one is set aside rather than ended, because the new one may yet be given up.</summary>
    public bool IsProvisional { get; init; }

    /// <summary>Whether it was refused before and waits, so that another refusal is no news.</summary>
    public bool IsWaiting { get; init; }

    /// <summary>The new reservation's id; empty = any. One that is live already is granted again.</summary>
    public Guid ReservationId { get; init; }
}
