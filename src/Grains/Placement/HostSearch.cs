using System.Numerics;

namespace Opsen.Grains.Placement;

/// <summary>Finds the candidate with the lowest score. Descends into the regions with the lowest bounds first and stops where no bound is below the
/// best score found: exact, and nearly independent of the number of hosts. Ties go to hosts with fewer reservations as far as the search meets them.</summary>
internal sealed class HostSearch(RegionTree.Fanout fanout)
{
    private readonly OpenNodes _open = new(fanout.Nodes);
    private readonly float[] _bounds = new float[fanout.Hosts];
    private CallerPlace _caller;
    private int _tier;
    private PlacedHost? _best;
    private double _lowest;
    private PlaceVector _lastPlace;
    private double _lastDistanceKm;

    /// <summary>The best host, or null when the tier has no candidate.</summary>
    /// <param name="placed">Hosts whose place is known.</param>
    /// <param name="unplaced">Hosts whose place is not known: as near to every caller as can be.</param>
    /// <param name="tier">The tier.</param>
    /// <param name="place">The caller's place; zero when unknown.</param>
    public PlacedHost? Find(RegionTree placed, RegionTree unplaced, int tier, in PlaceVector place)
    {
        _tier = tier;
        _best = null;
        _lowest = double.PositiveInfinity;
        Consider(unplaced.Root, unplaced.Root.Low(tier));
        if (!place.IsKnown)
        {
            Consider(placed.Root, placed.Root.Low(tier));
        }
        else
        {
            _caller = new(place);
            _lastPlace = default;
            _lastDistanceKm = 0;
            Search(placed.Root);
        }

        return _best;
    }

    private void Search(RegionNode root)
    {
        _open.Clear();
        Visit(root);
        while (_open.TryFindLowest(_lowest, out var opened, out var slot))
        {
            if (_open[opened].Children[slot].IsPoint)
            {
                VisitPoint(opened, slot);
                VisitPoints(opened);
            }
            else
            {
                Visit((RegionNode)_open.Take(opened, slot));
            }

            _open.Settle(opened);
        }
    }

    private void VisitPoint(int opened, int slot)
    {
        var low = _open[opened].Lows(_tier)[slot];
        var child = _open.Take(opened, slot);
        Consider(child, low + DistanceKm(child.Centre));
    }

    /// <summary>Settles the other points of an open node that may still win: in a fleet of equal hosts, nearly all of a site.</summary>
    private void VisitPoints(int opened)
    {
        var bounds = _open.BoundsOf(opened);
        for (var start = 0; start < bounds.Length; start += RegionBounds.Lanes)
        {
            for (var below = RegionBounds.FindBelow(bounds, start, _lowest); below != 0; below &= below - 1)
            {
                var slot = start + BitOperations.TrailingZeroCount(below);
                if (_open[opened].Children[slot].IsPoint)
                {
                    VisitPoint(opened, slot);
                }
            }
        }
    }

    private void Visit(RegionNode node)
    {
        if (!node.IsLeaf)
        {
            _open.Open(node, _caller, _tier);
            return;
        }

        var bounds = _bounds.AsSpan(0, RegionBounds.RoundUp(node.Count));
        var lowest = node.Bound(_caller, _tier, bounds);
        if (!(lowest < _lowest))
        {
            return;
        }

        // The most promising host first: its score bars most of the others.
        var first = RegionBounds.IndexOf(bounds, lowest);
        ConsiderHost(node, first);
        bounds[first] = float.PositiveInfinity;
        for (var start = 0; start < bounds.Length; start += RegionBounds.Lanes)
        {
            for (var below = RegionBounds.FindBelow(bounds, start, _lowest); below != 0; below &= below - 1)
            {
                ConsiderHost(node, start + BitOperations.TrailingZeroCount(below));
            }
        }
    }

    private void ConsiderHost(RegionNode leaf, int slot)
    {
        var host = leaf.Children[slot];
        Consider(host, leaf.Lows(_tier)[slot] + DistanceKm(host.Centre));
    }

    /// <summary>Takes the best host of a region whose hosts are all equally far from the caller, if its score is the best so far.</summary>
    private void Consider(Region region, double score)
    {
        if (score < _lowest || (score == _lowest && region is PlacedHost host && host.ReservationCount < _best?.ReservationCount))
        {
            _best = region as PlacedHost ?? FindLowest((RegionNode)region);
            _lowest = score;
        }
    }

    private PlacedHost? FindLowest(RegionNode node)
    {
        while (true)
        {
            var low = node.Low(_tier);
            if (double.IsPositiveInfinity(low))
            {
                return null;
            }

            var lows = node.Lows(_tier);
            var slot = lows.IndexOf(low);
            if (!node.IsLeaf)
            {
                node = (RegionNode)node.Children[slot];
                continue;
            }

            var best = (PlacedHost)node.Children[slot];
            for (var next = slot + 1; next < node.Count; next++)
            {
                if (lows[next] == low && ((PlacedHost)node.Children[next]).ReservationCount < best.ReservationCount)
                {
                    best = (PlacedHost)node.Children[next];
                }
            }

            return best;
        }
    }

    /// <summary>Distance to a place; many hosts of a site in a row ask for the same one.</summary>
    private double DistanceKm(in PlaceVector place)
    {
        if (place != _lastPlace)
        {
            _lastPlace = place;
            _lastDistanceKm = _caller.Exact.DistanceKmTo(place);
        }

        return _lastDistanceKm;
    }
}
