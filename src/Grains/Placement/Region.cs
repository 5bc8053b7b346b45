namespace Opsen.Grains.Placement;

/// <summary>A part of the Earth that holds hosts: one host's place, or a node of the tree over them.</summary>
internal abstract class Region
{
    /// <summary>Its centre.</summary>
    public PlaceVector Centre { get; protected set; }

    /// <summary>No host in it is further from the centre than this; a chord, in radii of the Earth.</summary>
    public double ChordRadius { get; protected set; }

    /// <summary>Whether all hosts in it are at exactly its centre.</summary>
    public bool IsPoint { get; protected set; } = true;

    /// <summary>The node it belongs to; null for a root.</summary>
    public RegionNode? Parent { get; set; }

    /// <summary>Its position among the children of <see cref="Parent"/>.</summary>
    public int Slot { get; set; }

    /// <summary>The lowest score without distance among its candidates for a tier; positive infinity when it has none.</summary>
    public abstract double Low(int tier);
}
