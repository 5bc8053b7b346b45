namespace Opsen.Grains.Placement;

/// <summary>A node of the tree: up to a fixed number of near neighbours, hosts in a leaf and nodes elsewhere. What a search reads of the children
/// lies in columns, so that bounding them touches none of their objects.</summary>
internal sealed class RegionNode : Region
{
    private const int RadiusColumn = 3;

    private readonly int _tierCount;
    private readonly int _capacity;
    private readonly Region?[] _children;
    private readonly float[] _columns;
    private readonly double[] _lows;
    private int _changesSinceFit;

    /// <summary>An empty node.</summary>
    /// <param name="tierCount">Number of tiers.</param>
    /// <param name="capacity">Most children; a multiple of <see cref="RegionBounds.Lanes"/>.</param>
    /// <param name="isLeaf">Whether the children are hosts.</param>
    public RegionNode(int tierCount, int capacity, bool isLeaf)
    {
        IsLeaf = isLeaf;
        _tierCount = tierCount;
        _capacity = capacity;
        _children = new Region?[capacity];
        _columns = new float[(isLeaf ? RadiusColumn : RadiusColumn + 1) * capacity];
        _lows = new double[tierCount * capacity];
        _lows.AsSpan().Fill(double.PositiveInfinity);
    }

    /// <summary>Whether the children are hosts.</summary>
    public bool IsLeaf { get; }

    /// <summary>Number of children.</summary>
    public int Count { get; private set; }

    /// <summary>Whether there is no room for another child.</summary>
    public bool IsFull => Count == _capacity;

    /// <summary>Whether so few children are left that they should join a neighbour's.</summary>
    public bool IsSparse => Count < _capacity / 4;

    /// <summary>The children.</summary>
    public ReadOnlySpan<Region> Children => _children.AsSpan(0, Count)!;

    /// <summary>The children's <see cref="Region.Low"/>, padded with infinity to a multiple of <see cref="RegionBounds.Lanes"/>.</summary>
    public ReadOnlySpan<double> Lows(int tier) => _lows.AsSpan(tier * _capacity, RegionBounds.RoundUp(Count));

    /// <inheritdoc/>
    public override double Low(int tier) => RegionBounds.Min(Lows(tier));

    /// <summary>Bounds from below the best score that each child has for a caller; returns the lowest bound.</summary>
    public float Bound(in CallerPlace caller, int tier, Span<float> bounds) => RegionBounds.Compute(caller, _columns, _capacity, !IsLeaf, Lows(tier), bounds);

    /// <summary>Adds a child, and grows as far as it takes to hold it.</summary>
    public void Append(Region child)
    {
        child.Parent = this;
        child.Slot = Count;
        _children[Count++] = child;
        _changesSinceFit++;
        if (Count == 1)
        {
            (Centre, ChordRadius, IsPoint) = (child.Centre, 0, true);
        }

        Update(child);
        Cover(child);
    }

    /// <summary>Takes a child out; the last one takes its slot.</summary>
    public void RemoveAt(int slot)
    {
        _changesSinceFit++;
        var last = _children[--Count]!;
        _children[slot] = last;
        _children[Count] = null;
        last.Slot = slot;
        for (var column = 0; column < _columns.Length; column += _capacity)
        {
            _columns[column + slot] = _columns[column + Count];
        }

        for (var column = 0; column < _lows.Length; column += _capacity)
        {
            _lows[column + slot] = _lows[column + Count];
            _lows[column + Count] = double.PositiveInfinity;
        }
    }

    /// <summary>Takes over what has changed in a child.</summary>
    public void Update(Region child)
    {
        var slot = child.Slot;
        _columns[slot] = (float)child.Centre.X;
        _columns[_capacity + slot] = (float)child.Centre.Y;
        _columns[(2 * _capacity) + slot] = (float)child.Centre.Z;
        if (!IsLeaf)
        {
            _columns[(RadiusColumn * _capacity) + slot] = RegionBounds.RadiusKm(child.ChordRadius);
        }

        for (var tier = 0; tier < _tierCount; tier++)
        {
            _lows[(tier * _capacity) + slot] = child.Low(tier);
        }
    }

    /// <summary>Grows as far as it takes to hold a region. A node's children are tighter around its hosts than the node itself.</summary>
    public void Cover(Region region)
    {
        if (region is RegionNode node)
        {
            foreach (var child in node.Children)
            {
                CoverAsWhole(child);
            }
        }
        else
        {
            CoverAsWhole(region);
        }
    }

    /// <summary>Sets a child's lowest score for a tier, here and as far up as it changes the lowest.</summary>
    public void SetLow(int slot, int tier, double low)
    {
        ref var held = ref _lows[(tier * _capacity) + slot];
        var previous = held;
        held = low;
        if (Parent is not { } parent)
        {
            return;
        }

        var known = parent._lows[(tier * parent._capacity) + Slot];
        if (low < known)
        {
            parent.SetLow(Slot, tier, low);
        }
        else if (previous == known && low > known && Low(tier) is var lowest && lowest != known)
        {
            parent.SetLow(Slot, tier, lowest);
        }
    }

    /// <summary>The child node whose centre is nearest; of equally near ones that with the fewest children. Null when none qualifies.</summary>
    /// <param name="place">Where.</param>
    /// <param name="maxCount">How many children it may have.</param>
    /// <param name="except">A child that does not qualify.</param>
    public RegionNode? FindNearest(in PlaceVector place, int maxCount = int.MaxValue, RegionNode? except = null)
    {
        RegionNode? nearest = null;
        var lowest = float.PositiveInfinity;
        var (x, y, z) = ((float)place.X, (float)place.Y, (float)place.Z);
        for (var slot = 0; slot < Count; slot++)
        {
            var (dx, dy, dz) = (_columns[slot] - x, _columns[_capacity + slot] - y, _columns[(2 * _capacity) + slot] - z);
            var squared = (dx * dx) + (dy * dy) + (dz * dz);
            if (squared <= lowest
                && (RegionNode)_children[slot]! is var node
                && node != except
                && node.Count <= maxCount
                && (squared < lowest || node.Count < nearest!.Count))
            {
                (nearest, lowest) = (node, squared);
            }
        }

        return nearest;
    }

    /// <summary>Moves some of the children to a new node: those beyond a wide gap near the middle of the axis along which they lie furthest apart,
    /// so that sites are not cut in two.</summary>
    public RegionNode SplitOff()
    {
        var sibling = new RegionNode(_tierCount, _capacity, IsLeaf);
        var children = Children.ToArray();
        var positions = FindWidestColumn().ToArray();
        Array.Sort(positions, children);
        var cut = RegionBounds.FindWidestGap(positions);
        Clear();
        Array.ForEach(children[..cut], Append);
        Array.ForEach(children[cut..], sibling.Append);
        Fit();
        sibling.Fit();
        return sibling;
    }

    /// <summary>Moves all children to another node.</summary>
    public void MoveAllTo(RegionNode other)
    {
        var children = Children.ToArray();
        Clear();
        foreach (var child in children)
        {
            other.Append(child);
        }

        other.Fit();
    }

    /// <summary>Draws the node tightly around its children again once enough of them have come or gone: growing by itself it only gets looser.</summary>
    public void FitIfLoose()
    {
        if (_changesSinceFit * 2 > Count)
        {
            Fit();
        }
    }

    private void Fit()
    {
        _changesSinceFit = 0;
        (Centre, ChordRadius, IsPoint) = (PlaceVector.Middle(Children), 0, true);
        foreach (var child in Children)
        {
            Cover(child);
        }
    }

    private void CoverAsWhole(Region region)
    {
        IsPoint &= region.IsPoint && region.Centre == Centre;
        ChordRadius = IsPoint ? 0 : Math.Max(ChordRadius, Centre.ChordTo(region.Centre) + region.ChordRadius);
    }

    private void Clear()
    {
        Array.Clear(_children);
        _lows.AsSpan().Fill(double.PositiveInfinity);
        Count = 0;
    }

    private ReadOnlySpan<float> FindWidestColumn()
    {
        var (widest, column) = (-1f, 0);
        for (var candidate = 0; candidate < RadiusColumn; candidate++)
        {
            var (least, most) = (float.PositiveInfinity, float.NegativeInfinity);
            foreach (var value in _columns.AsSpan(candidate * _capacity, Count))
            {
                (least, most) = (Math.Min(least, value), Math.Max(most, value));
            }

            (widest, column) = most - least > widest ? (most - least, candidate) : (widest, column);
        }

        return _columns.AsSpan(column * _capacity, Count);
    }
}
