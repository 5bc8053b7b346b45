using Opsen.Agent.Sampling;

namespace Opsen.Agent.Tests.Sampling;

public sealed class GaugeWindowTests
{
    [Fact]
    public void Mean_NoSamples_IsUnknown() => Assert.Null(new GaugeWindow(TimeSpan.FromMinutes(1)).Mean(0));

    [Fact]
    public void Mean_AllSamplesLeftTheWindow_IsUnknown()
    {
        var window = new GaugeWindow(TimeSpan.FromSeconds(30));
        window.Add(0, 7);
        Assert.Equal(7, window.Mean(30));
        Assert.Null(window.Mean(31));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Mean_ShortWindow_EqualsNaiveMean(int seed)
    {
        const double Length = 20;
        var random = new Random(seed);
        var window = new GaugeWindow(TimeSpan.FromSeconds(Length));
        var samples = new List<(double Time, double Value)>();
        double now = 0;
        for (var i = 0; i < 2000; i++)
        {
            // Mostly a second, sometimes a gap of up to a minute.
            now += random.Next(50) == 0 ? 1 + (random.NextDouble() * 60) : 0.6 + (random.NextDouble() * 0.8);
            var value = random.NextDouble() * 1e12;
            samples.Add((now, value));
            window.Add(now, value);
            var expected = samples.Where(sample => sample.Time + 0.5 >= now - Length).Average(sample => sample.Value);
            Assert.Equal(expected, window.Mean(now)!.Value, expected * 1e-9);
        }
    }

    [Fact]
    public void Mean_LongWindow_CoversItsLengthWithinHalfAStep()
    {
        const double Length = 900;
        const double Step = 10;
        var window = new GaugeWindow(TimeSpan.FromSeconds(Length));
        for (var now = 0; now < 5000; now++)
        {
            // The mean of a ramp tells how far back the window reaches.
            window.Add(now, now);
            var reach = 2 * (now - window.Mean(now)!.Value);
            Assert.InRange(reach, Math.Min(now, Length - (Step / 2) - 1), Math.Min(now, Length + (Step / 2) + 1) + 1e-9);
        }
    }
}
