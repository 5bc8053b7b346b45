using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tiers.Leases;

namespace Opsen.Grains.Tests.Tiers.Leases;

public sealed class IndexLeaseTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly LeaseWorld _world = new(silos: 3);

    [Fact]
    public void Begin_FirstIndex_DecidesAndHoldsTheLeaseAtOnce()
    {
        var index = _world.Begin();

        Assert.True(index.HasBegun);
        Assert.True(index.MayGrantUnstored);
    }

    [Fact]
    public void Renew_DatabaseAway_GoesOnUntilTheLongestAbsence()
    {
        var index = _world.Begin();
        _world.Storage.IsAway = true;

        _world.Pass(IndexLease.MaxAbsence - (2 * Second), () => Assert.True(index.MayGrantUnstored));
        _world.Pass(3 * Second);

        Assert.False(index.MayGrantUnstored);
        Assert.True(index.HasBegun);
    }

    [Fact]
    public void Renew_DatabaseHangs_KeepsTheLease()
    {
        var index = _world.Begin();
        _world.Storage.Hang = TimeSpan.FromMinutes(5);

        _world.Pass(TimeSpan.FromMinutes(1), () => Assert.True(index.MayGrantUnstored));
    }

    [Fact]
    public void Renew_OneOfThreeWitnessesLeft_LapsesWhenTheLastConfirmationIsOver()
    {
        var index = _world.Begin();
        index.Cut.UnionWith(_world.Witnesses.Take(2).Select(static one => one.Address));

        _world.Pass(IndexLease.Duration);

        Assert.False(index.MayGrantUnstored);
    }

    [Fact]
    public void Renew_TwoOfThreeWitnessesLeft_KeepsTheLease()
    {
        var index = _world.Begin();
        index.Cut.Add(_world.Witnesses[0].Address);

        _world.Pass(20 * Second, () => Assert.True(index.MayGrantUnstored));
    }

    [Fact]
    public void Begin_FormerEndedInOrder_WaitsForNobody()
    {
        var former = _world.Begin();
        former.End();
        _world.Pass(Second);

        var index = _world.Begin();

        Assert.True(index.HasBegun);
        Assert.False(former.MayGrantUnstored);
    }

    [Fact]
    public void Begin_FormerIsCutOff_WaitsOutWhatItsWitnessesConfirmed()
    {
        var former = _world.Begin();
        _world.Pass(Second);
        former.Pump.IsFrozen = true;

        var index = _world.Begin();

        Assert.False(index.HasBegun);
        _world.Pass(IndexLease.Duration + Second, () => Assert.False(index.HasBegun && former.MayGrantUnstored));
        Assert.True(index.HasBegun);
    }

    [Fact]
    public void Begin_WitnessesOfTheFormerAreDead_TakesThemForGone()
    {
        var former = _world.Begin();
        _world.Witnesses[0].IsDead = _world.Witnesses[1].IsDead = true;
        former.Pump.IsFrozen = true;

        var index = _world.Begin();
        _world.Pass(IndexLease.Duration + Second);

        Assert.True(index.HasBegun);
    }

    [Fact]
    public void Begin_TooFewWitnessesOfTheFormerAnswer_WaitsAsLongAsItMayGoOn()
    {
        var former = _world.Begin();
        _world.Storage.IsAway = true;
        _world.Pass(5 * Second);
        _world.Storage.IsAway = false;
        var index = Begin(cutOff: _world.Witnesses.Take(2));

        _world.Pass(IndexLease.MaxAbsence - (2 * Second), () => Assert.False(index.HasBegun));
        _world.Pass(4 * Second);

        Assert.True(index.HasBegun);
        Assert.False(former.MayGrantUnstored);
    }

    [Fact]
    public void Begin_GatewaysOfTheFormer_AreWaitedForUntilTheyHaveJoined()
    {
        var gateway = Guid.NewGuid();

        var index = BeginAfterAFormerOf(gateway);
        _world.Pass(Second);
        Assert.False(index.HasBegun);
        index.Join(gateway);
        _world.Pass(TimeSpan.FromMilliseconds(100));

        Assert.True(index.HasBegun);
    }

    [Fact]
    public void ExpectsGateways_OneOfTheFormerComesLate_UntilItHasJoinedOrForAWhile()
    {
        var (early, late) = (Guid.NewGuid(), Guid.NewGuid());
        var index = BeginAfterAFormerOf(early, late);
        index.Join(early);
        _world.Pass(4 * Second);

        Assert.True(index.HasBegun);
        Assert.True(index.ExpectsGateways);
        index.Join(late);
        Assert.False(index.ExpectsGateways);

        var another = BeginAfterAFormerOf(late);
        _world.Pass(4 * Second);
        Assert.True(another.ExpectsGateways);
        _world.Pass(15 * Second);
        Assert.False(another.ExpectsGateways);
    }

    [Fact]
    public void Begin_GatewayThatTheFormerHadNotHeardOfForLong_IsNotWaitedFor()
    {
        var (gone, there) = (Guid.NewGuid(), Guid.NewGuid());
        var former = _world.Begin();
        former.Join(gone);
        former.Join(there);
        for (var passed = TimeSpan.Zero; passed < GatewayPresence.Life + GatewayPresence.Interval; passed += GatewayPresence.Interval)
        {
            _world.Pass(GatewayPresence.Interval);
            former.Hear(there);

            // It has to join first, with what it holds.
            former.Hear(Guid.NewGuid());
        }

        _world.Pass(2 * Second);
        var index = BeginAfter(former);
        index.Join(there);
        _world.Pass(TimeSpan.FromMilliseconds(100));

        Assert.True(index.HasBegun);
        Assert.False(index.ExpectsGateways);
    }

    [Fact]
    public void Renew_SuccessorIsKnownToAWitness_StepsDown()
    {
        var former = _world.Begin();
        _world.Storage.IsAway = true;
        _world.Witnesses[0].Memory.Announce("p", former.Epoch + 1);

        _world.Pass(2 * Second);

        Assert.True(former.IsSuperseded);
    }

    private LeaseWorld.Index Begin(IEnumerable<LeaseWorld.Witness> cutOff)
    {
        var index = new LeaseWorld.Index(_world, _world.Storage.Begin());
        index.Cut.UnionWith(cutOff.Select(static one => one.Address));
        _world.Indexes.Add(index);
        index.Start();
        return index;
    }

    private LeaseWorld.Index BeginAfterAFormerOf(params ReadOnlySpan<Guid> gateways)
    {
        var former = _world.Begin();
        foreach (var gateway in gateways)
        {
            former.Join(gateway);
        }

        _world.Pass(2 * Second);
        return BeginAfter(former);
    }

    private LeaseWorld.Index BeginAfter(LeaseWorld.Index former)
    {
        Array.ForEach(_world.Witnesses.ToArray(), static one => one.IsDead = true);
        former.Pump.IsFrozen = true;
        _world.Witnesses.ForEach(static one => one.IsDead = false);
        _world.Pass(IndexLease.Duration);
        return _world.Begin();
    }
}
