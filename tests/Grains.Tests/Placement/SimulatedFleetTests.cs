using Opsen.Simulation;
using Opsen.Simulation.Model;
using Opsen.Simulation.Policies;

namespace Opsen.Grains.Tests.Placement;

/// <summary>What docs/PLACEMENT.md says of simulated fleets. The same seed gives the same run, so these do not fail by chance.</summary>
public sealed class SimulatedFleetTests
{
    private const int Sessions = 40_000;

    [Fact]
    public void Run_TwiceWithOneSeed_GivesTheSame()
    {
        var (first, second) = (Run("mixed", PolicyNames.Projected, 5000), Run("mixed", PolicyNames.Projected, 5000));

        Assert.Equal((first.P99, first.Mean, first.OverloadPct, first.Refusals), (second.P99, second.Mean, second.OverloadPct, second.Refusals));
    }

    [Theory]
    [InlineData("equal")]
    [InlineData("equal, quick reports")]
    public void Projected_EqualHosts_AreOverloadedLessThanByAnyOtherPolicy(string scenario)
    {
        var projected = Run(scenario, PolicyNames.Projected);

        Assert.All(PolicyNames.All.Except([PolicyNames.Projected, PolicyNames.AllKnowing]), policy =>
        {
            var other = Run(scenario, policy);
            Assert.True(projected.OverloadPct < 0.7 * other.OverloadPct, $"{policy}: {other.OverloadPct:0.00}, projected: {projected.OverloadPct:0.00}");
            Assert.True(projected.P99 - 1 < 0.7 * (other.P99 - 1), $"{policy}: {other.P99:0.00}, projected: {projected.P99:0.00}");
        });
    }

    [Fact]
    public void Projected_FourHostsWithIdleGaps_ShareEqually() => Assert.InRange(Run("nearly idle", PolicyNames.Projected, 2000).LargestShare, 1, 1.08);

    [Fact]
    public void Projected_HostThatReportsNothing_DoesNotAttractTheTraffic()
    {
        Assert.InRange(Run("broken counter", PolicyNames.Projected).LargestShare, 1, 1.4);
        Assert.True(Run("broken counter", PolicyNames.Classic).LargestShare > 2);
    }

    [Fact]
    public void Projected_FasterCards_GetMoreRequests()
    {
        var (projected, classic) = (Run("inference", PolicyNames.Projected), Run("inference", PolicyNames.Classic));

        Assert.True(projected.P99 < classic.P99, $"projected {projected.P99}, classic {classic.P99}");
        Assert.True(projected.OverloadPct < 0.2 * classic.OverloadPct, $"projected {projected.OverloadPct}, classic {classic.OverloadPct}");
    }

    private static Outcome Run(string scenario, string policy, int sessions = Sessions) =>
        Report.Run(Scenario.Known.Single(known => known.Name == scenario), policy, sessions, seed: 1);
}
