namespace Opsen.Grains.Placement;

/// <summary>The nodes that a search has opened, with the bounds of those of their children that it has not visited yet. Made once and used again, so that
/// a search allocates nothing.</summary>
internal sealed class OpenNodes(int nodeCapacity)
{
    private RegionNode[] _nodes = [];
    private float[] _lowest = [];
    private float[] _bounds = [];
    private int _count;

    /// <summary>A node by its number.</summary>
    public RegionNode this[int opened] => _nodes[opened];

    /// <summary>Closes all nodes.</summary>
    public void Clear() => _count = 0;

    /// <summary>Opens a node.</summary>
    public void Open(RegionNode node, in CallerPlace caller, int tier)
    {
        if (_count == _nodes.Length)
        {
            Grow();
        }

        _nodes[_count] = node;
        _lowest[_count] = node.Bound(caller, tier, BoundsOf(_count));
        _count++;
    }

    /// <summary>Finds the child with the lowest bound, if that is below a score.</summary>
    /// <param name="score">The score.</param>
    /// <param name="opened">Number of the child's node.</param>
    /// <param name="slot">The child's slot.</param>
    public bool TryFindLowest(double score, out int opened, out int slot)
    {
        var all = _lowest.AsSpan(0, RegionBounds.RoundUp(_count));
        all[_count..].Fill(float.PositiveInfinity);
        var lowest = RegionBounds.Min(all);
        var isBelow = lowest < score;
        opened = isBelow ? RegionBounds.IndexOf(all, lowest) : -1;
        slot = isBelow ? RegionBounds.IndexOf(BoundsOf(opened), lowest) : -1;
        return isBelow;
    }

    /// <summary>Takes a child out of those to be visited. After the last one of a visit, <see cref="Settle"/> its node.</summary>
    public Region Take(int opened, int slot)
    {
        _bounds[(opened * nodeCapacity) + slot] = float.PositiveInfinity;
        return _nodes[opened].Children[slot];
    }

    /// <summary>Recomputes which bound of a node is the lowest.</summary>
    public void Settle(int opened) => _lowest[opened] = RegionBounds.Min(BoundsOf(opened));

    /// <summary>The bounds of a node's children.</summary>
    public Span<float> BoundsOf(int opened) => _bounds.AsSpan(opened * nodeCapacity, RegionBounds.RoundUp(_nodes[opened].Count));

    private void Grow()
    {
        var size = Math.Max(RegionBounds.Lanes, _nodes.Length * 2);
        Array.Resize(ref _nodes, size);
        Array.Resize(ref _lowest, size);
        Array.Resize(ref _bounds, size * nodeCapacity);
    }
}
