namespace Opsen.Grains.Placement;

/// <summary>A caller's known place, as exact as it is and as coarse as bounds are computed.</summary>
internal readonly struct CallerPlace(PlaceVector place)
{
    /// <summary>The exact place.</summary>
    public readonly PlaceVector Exact = place;

    /// <summary>Its first component.</summary>
    public readonly float X = (float)place.X;

    /// <summary>Its second component.</summary>
    public readonly float Y = (float)place.Y;

    /// <summary>Its third component.</summary>
    public readonly float Z = (float)place.Z;
}
