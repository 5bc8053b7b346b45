using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Placement;

/// <summary>Counts how many sessions fit, placed one after the other.</summary>
internal static class RoomCount
{
    /// <summary>The most that is counted on one host: a tier may need nothing.</summary>
    public const int Max = 10_000;

    /// <summary>How many sessions of a tier the host would get before <see cref="PlacedHost.Judge"/> refused the next one, if it were the only host.</summary>
    public static int Of(PlacedHost host, in TierNeed need)
    {
        if (host.Judge(need) != RefusalReason.None)
        {
            return 0;
        }

        var most = Math.Min(Times(host.FreeVcpu, need.Vcpu), Math.Min(Times(host.FreeMemory, need.Memory), Times(host.FreeDisk, need.Disk)));
        return (int)(need.Cards == 0 ? most : Math.Min(most, host.Cards.CountSessions(need)));
    }

    /// <summary>What each tier has on a host.</summary>
    public static HostRoom Of(PlacedHost host, ReadOnlySpan<TierNeed> needs)
    {
        var sessions = ImmutableArray.CreateBuilder<int>(needs.Length);
        foreach (ref readonly var need in needs)
        {
            sessions.Add(Of(host, need));
        }

        return new HostRoom(host.ClientId, sessions.MoveToImmutable(), host.ReservationCount, [.. host.Refusals]);
    }

    private static long Times(long free, long need) => need == 0 ? Max : Math.Min(Max, free / need);
}
