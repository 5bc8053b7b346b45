namespace Opsen.Grains.Placement;

/// <summary>The nodes that a search has opened, with the bounds of those of their children that it has not visited yet. Made once and used again, so that
/// a search allocates nothing.</summary>
internal sealed class OpenNodes(int nodeCapacity)
{
    private RegionNode[] _nodes = [];
    private float[] _lowest = [];
    private float[] _bounds = [];
    private int _count;

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

    /// <summary>Takes the child with the lowest bound, if that is below a score.</summary>
    /// <param name="score">The score.</param>
    /// <param name="node">The node that the child belongs to.</param>
    /// <param name="slot">The child's slot.</param>
    public bool TryTake(double score, out RegionNode node, out int slot)
    {
        var opened = _lowest.AsSpan(0, RegionBounds.RoundUp(_count));
        opened[_count..].Fill(float.PositiveInfinity);
        var lowest = RegionBounds.Min(opened);
        if (!(lowest < score))
        {
            (node, slot) = (null!, -1);
            return false;
        }

        var index = RegionBounds.IndexOf(opened, lowest);
        node = _nodes[index];
        var bounds = BoundsOf(index);
        slot = RegionBounds.IndexOf(bounds, lowest);
        bounds[slot] = float.PositiveInfinity;
        _lowest[index] = RegionBounds.Min(bounds);
        return true;
    }

    private Span<float> BoundsOf(int index) => _bounds.AsSpan(index * nodeCapacity, RegionBounds.RoundUp(_nodes[index].Count));

    private void Grow()
    {
        var size = Math.Max(RegionBounds.Lanes, _nodes.Length * 2);
        Array.Resize(ref _nodes, size);
        Array.Resize(ref _lowest, size);
        Array.Resize(ref _bounds, size * nodeCapacity);
    }
}
