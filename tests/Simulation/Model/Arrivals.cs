namespace Opsen.Simulation.Model;

/// <summary>When sessions come, and which: a Poisson process whose rate swells and ebbs. It never waits for the fleet: the load is open loop.</summary>
internal sealed class Arrivals
{
    private const double WaveSeconds = 4 * 3600;
    private const double BurstEvery = 1800;
    private const double BurstSeconds = 60;
    private const double StormSeconds = 900;

    private readonly Scenario _scenario;
    private readonly Random _random;
    private readonly double[] _upTo;
    private readonly double _highest;
    private int _count;

    public Arrivals(Scenario scenario, Random random)
    {
        (_scenario, _random) = (scenario, random);
        var cores = scenario.Fleet.Sum(static host => host.Count * host.Cores * host.Speed) * scenario.Load;
        var cards = scenario.Fleet.Sum(static host => host.Count * host.Cards * host.CardSpeed) * scenario.Load;
        var rates = new double[scenario.Classes.Length];

        // Cards first: what their sessions use of the cores is not there for the others.
        Share(scenario, rates, cards, static asked => asked.Tier.Gpu > 0, static asked => asked.Tier.Gpu * asked.CardUse);
        for (var i = 0; i < rates.Length; i++)
        {
            var asked = scenario.Classes[i];
            cores -= rates[i] * asked.Tier.Vcpu * asked.CpuUse * asked.MeanSeconds;
        }

        Share(scenario, rates, cores, static asked => asked.Tier.Gpu == 0, static asked => asked.Tier.Vcpu * asked.CpuUse);
        _upTo = new double[rates.Length];
        var sum = 0d;
        for (var i = 0; i < rates.Length; i++)
        {
            _upTo[i] = sum += rates[i];
        }

        _highest = sum * (1 + scenario.Wave) * Math.Max(scenario.Burst, 1) * Math.Max(scenario.Storm, 1);
    }

    /// <summary>The next session after a time.</summary>
    public Session Next(double now)
    {
        do
        {
            now -= Math.Log(1 - _random.NextDouble()) / _highest;
        }
        while (_random.NextDouble() * _highest > RateAt(now));

        var pick = _random.NextDouble() * _upTo[^1];
        return _scenario.Classes[Array.FindIndex(_upTo, upTo => pick < upTo)].Create(_random, _count++, now);
    }

    private double RateAt(double now)
    {
        var rate = _upTo[^1] * (1 + (_scenario.Wave * Math.Sin(2 * Math.PI * now / WaveSeconds)));
        rate *= now % BurstEvery > BurstEvery - BurstSeconds ? _scenario.Burst : 1;
        return rate * (now % WaveSeconds > WaveSeconds - StormSeconds ? _scenario.Storm : 1);
    }

    private static void Share(Scenario scenario, double[] rates, double capacity, Func<SessionClass, bool> isMeant, Func<SessionClass, double> use)
    {
        var shares = scenario.Classes.Where(isMeant).Sum(static asked => asked.Share);
        for (var i = 0; i < rates.Length; i++)
        {
            var asked = scenario.Classes[i];
            if (isMeant(asked))
            {
                rates[i] = capacity * asked.Share / shares / (use(asked) * asked.MeanSeconds);
            }
        }
    }
}
