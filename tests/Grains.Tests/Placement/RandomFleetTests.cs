using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

public sealed class RandomFleetTests
{
    private const int Fleets = 500;

    [Fact]
    public void Choose_RandomFleetsAndRequests_GiveTheModelsHost()
    {
        for (var seed = 0; seed < Fleets; seed++)
        {
            var random = new Random(seed);
            var index = new PlacementIndex(RandomHosts.Tiers, TimeSpan.FromMinutes(2));
            var model = new NaiveModel(RandomHosts.Tiers, timeoutMs: 120_000);
            var size = random.Next(10) == 0 ? random.Next(1000) : random.Next(100);
            for (var i = 0; i < size; i++)
            {
                var host = RandomHosts.Host(random, $"host-{i}", 1);
                index.Upsert(host, 0);
                model.Upsert(host);
            }

            for (var request = 0; request < 3; request++)
            {
                var query = new PlacementQuery
                {
                    Tier = random.Next(RandomHosts.Tiers.Length),
                    Place = random.Next(5) == 0 ? default
                    : RandomHosts.Place(random)
                };
                var scores = model.Score(query);
                var outcome = index.Choose(query, 0, out var choice);
                Assert.Equal(scores.Count > 0 ? RouteOutcome.Routed : RouteOutcome.NoCapacity, outcome);
                if (outcome == RouteOutcome.Routed)
                {
                    Assert.Equal(scores.Values.Min(), scores[choice.Host.ClientId], 1e-6);
                    Assert.Equal(scores[choice.Host.ClientId], choice.Score, 1e-6);
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(int.MaxValue)]
    public void Choose_LargeFleetThatMovesAndShrinks_GivesTheModelsHost(int sites)
    {
        const int Hosts = 5000;
        const int Phases = 8;
        var random = new Random(sites);
        var places = Enumerable.Range(0, Math.Min(sites, Hosts)).Select(_ => RandomHosts.Place(random)).ToArray();
        var index = new PlacementIndex(RandomHosts.Tiers, TimeSpan.FromMinutes(2));
        var model = new NaiveModel(RandomHosts.Tiers, timeoutMs: 120_000);
        for (var i = 0; i < Hosts; i++)
        {
            Upsert(i);
        }

        for (var phase = 0; phase < Phases; phase++)
        {
            for (var i = 0; i < 10; i++)
            {
                var query = new PlacementQuery { Tier = random.Next(RandomHosts.Tiers.Length), Place = RandomHosts.Place(random) };
                var scores = model.Score(query);
                Assert.Equal(RouteOutcome.Routed, index.Choose(query, 0, out var choice));
                Assert.Equal(scores.Values.Min(), scores[choice.Host.ClientId], 1e-6);
            }

            var firstLeft = (phase + 1) * Hosts / Phases;
            for (var i = phase * Hosts / Phases; i < firstLeft; i++)
            {
                index.Remove($"host-{i}");
                model.Remove($"host-{i}");
                if (firstLeft < Hosts)
                {
                    Upsert(random.Next(firstLeft, Hosts));
                }
            }
        }

        Assert.Equal(0, index.HostCount);

        void Upsert(int number)
        {
            var host = RandomHosts.Host(random, $"host-{number}", 1);
            host = host with { Registration = host.Registration with { Place = places[random.Next(places.Length)] } };
            index.Upsert(host, 0);
            model.Upsert(host);
        }
    }
}
