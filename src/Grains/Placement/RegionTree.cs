namespace Opsen.Grains.Placement;

/// <summary>Hosts by place: a balanced tree of near neighbours that grows and shrinks a node at a time, as a B-tree does, so that no change of the
/// fleet costs more than a few nodes.</summary>
internal sealed class RegionTree(int tierCount, RegionTree.Fanout fanout)
{
    /// <summary>The root.</summary>
    public RegionNode Root { get; private set; } = new(tierCount, fanout.Hosts, isLeaf: true);

    /// <summary>Adds a host.</summary>
    public void Add(PlacedHost host)
    {
        var node = Root;
        while (!node.IsLeaf)
        {
            node.Cover(host);
            node = node.FindNearest(host.Centre)!;
        }

        Insert(node, host);
    }

    /// <summary>Takes a host out.</summary>
    public void Remove(PlacedHost host)
    {
        var leaf = host.Parent!;
        leaf.RemoveAt(host.Slot);
        host.Parent = null;
        Shrink(leaf);
    }

    private void Insert(RegionNode node, Region child)
    {
        if (!node.IsFull)
        {
            node.Append(child);
            UpdateAncestors(node);
            return;
        }

        // A node whose hosts are all at one place is better left alone than halved: its bound is exact, and half a site is as far as the whole.
        var sibling = node.IsPoint ? new(tierCount, CapacityOf(node), node.IsLeaf) : node.SplitOff();
        var isNearer = sibling.Count == 0 || child.Centre.ChordTo(sibling.Centre) < child.Centre.ChordTo(node.Centre);
        (isNearer ? sibling : node).Append(child);
        if (node.Parent is { } parent)
        {
            parent.Update(node);
            Insert(parent, sibling);
        }
        else
        {
            Root = new(tierCount, fanout.Nodes, isLeaf: false);
            Root.Append(node);
            Root.Append(sibling);
        }
    }

    private void Shrink(RegionNode node)
    {
        if (node.Parent is not { } parent)
        {
            while (!Root.IsLeaf && Root.Count == 1)
            {
                Root = (RegionNode)Root.Children[0];
                Root.Parent = null;
            }
        }
        else if (node.Count == 0)
        {
            parent.RemoveAt(node.Slot);
            Shrink(parent);
        }
        else if (node.IsSparse && parent.FindNearest(node.Centre, (CapacityOf(node) * 3 / 4) - node.Count, except: node) is { } neighbour)
        {
            node.MoveAllTo(neighbour);
            parent.Update(neighbour);
            parent.RemoveAt(node.Slot);
            Shrink(parent);
        }
        else
        {
            UpdateAncestors(node);
        }
    }

    private static void UpdateAncestors(RegionNode node)
    {
        node.FitIfLoose();
        for (; node.Parent is { } parent; node = parent)
        {
            parent.Update(node);
            parent.FitIfLoose();
        }
    }

    private int CapacityOf(RegionNode node) => node.IsLeaf ? fanout.Hosts : fanout.Nodes;

    /// <summary>How many children a node has at most; multiples of <see cref="RegionBounds.Lanes"/>.</summary>
    /// <param name="Hosts">In a leaf.</param>
    /// <param name="Nodes">In any other node.</param>
    internal readonly record struct Fanout(int Hosts, int Nodes);
}
