using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Sessions;

/// <content>A session that is new takes its place in <c>max_sessions</c> first.</content>
internal sealed partial class StickySessionGrain
{
    /// <summary>Decides by what has been read, if there is room for the session. Null when it has to be read again.</summary>
    private async Task<PlacementDecision?> TryResolveAsync(PlacementRequest request)
    {
        var current = Live().FirstOrDefault(assignment => assignment.Tier == request.Tier);
        if (current is not null || _isUnread)
        {
            return await StayOrMoveAsync(request, current);
        }

        if (!budget.Sessions.TryTake())
        {
            return new PlacementDecision { Outcome = RouteOutcome.SessionsFull };
        }

        PlacementDecision? decision = null;
        try
        {
            return decision = await StayOrMoveAsync(request, current);
        }
        finally
        {
            if (decision is not { Outcome: RouteOutcome.Routed })
            {
                budget.Sessions.GiveBack();
            }
        }
    }
}
