namespace Opsen.Grains.Tests.Tiers.Leases;

/// <summary>Whatever fails in whatever order: while an index may grant at all, no earlier one may grant what is not stored.</summary>
public sealed class LeasePropertyTests
{
    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 1000)]
    [InlineData(5, 2000)]
    [InlineData(4, 3000)]
    public void Leases_FailuresInAnyOrder_NeverOverlap(int silos, int firstSeed)
    {
        var (takeovers, outages) = (0, 0);
        for (var seed = firstSeed; seed < firstSeed + 250; seed++)
        {
            var run = new Run(silos, seed);
            run.Go();
            takeovers += run.Takeovers;
            outages += run.GrantedWithoutDatabase;
        }

        // The runs must reach what they are about.
        Assert.True(takeovers > 300, $"{takeovers} takeovers");
        Assert.True(outages > 300, $"{outages} moments under the lease without the database");
    }

    private sealed class Run(int silos, int seed)
    {
        private readonly LeaseWorld _world = new(silos);
        private readonly Random _random = new(seed);

        public int Takeovers { get; private set; }

        public int GrantedWithoutDatabase { get; private set; }

        public void Go()
        {
            _world.Begin();
            for (var step = 0; step < 40; step++)
            {
                Change();
                _world.Pass(TimeSpan.FromMilliseconds(_random.Next(50, 2500)), Check);
            }
        }

        private void Change()
        {
            var index = _world.Indexes[_random.Next(_world.Indexes.Count)];
            var witness = _world.Witnesses[_random.Next(_world.Witnesses.Count)];
            switch (_random.Next(10))
            {
                case 0 or 1 when !_world.Storage.IsAway && _world.Indexes.Count < 8:
                    _world.Begin();
                    Takeovers++;
                    break;

                case 2:
                    _world.Storage.IsAway = !_world.Storage.IsAway;
                    break;

                case 3:
                    _world.Storage.Hang = _world.Storage.Hang > TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(_random.Next(100, 8000));
                    break;

                case 4:
                    _world.Storage.LosesReplies = !_world.Storage.LosesReplies;
                    break;

                case 5:
                    index.Pump.IsFrozen = !index.Pump.IsFrozen;
                    break;

                case 6:
                    if (!index.Cut.Remove(witness.Address))
                    {
                        index.Cut.Add(witness.Address);
                    }

                    break;

                case 7 when _random.Next(3) == 0 && _world.Witnesses.Count < 10:
                    _world.Replace(witness);
                    break;

                case 7:
                    witness.IsFrozen = !witness.IsFrozen;
                    break;

                case 8:
                    // What the index believes of the members differs from what others believe.
                    index.Active = [.. _world.Witnesses.Where(_ => _random.Next(4) > 0).Select(static one => one.Address)];
                    break;

                case 9 when _random.Next(4) == 0:
                    index.End();
                    break;
            }
        }

        private void Check()
        {
            GrantedWithoutDatabase += _world.Storage.IsAway && _world.Indexes.Exists(static index => index.MayGrantUnstored) ? 1 : 0;
            for (var i = 0; i < _world.Indexes.Count; i++)
            {
                for (var later = i + 1; later < _world.Indexes.Count; later++)
                {
                    Assert.False(
                        _world.Indexes[later].HasBegun && _world.Indexes[i].MayGrantUnstored,
                        $"Seed {seed}: index {_world.Indexes[later].Epoch} has begun while {_world.Indexes[i].Epoch} holds the lease.");
                }
            }
        }
    }
}
