using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sampling;

public sealed class GpuLoadTests : IDisposable
{
    private static readonly GpuIdentity First = new("GPU-a", 0, "Card");
    private static readonly GpuIdentity Second = new("GPU-b", 1, "Card");

    private readonly FakeTimeProvider _time = new();
    private readonly FakeGpuSensor _sensor = new();

    public void Dispose() => _sensor.Dispose();

    [Fact]
    public void Read_Samples_TellsMeansInIndexOrder()
    {
        var load = NewLoad();
        Sample(load, FakeGpuSensor.Reading(Second, 10, 100, 1000, 40, 200), FakeGpuSensor.Reading(First, 50, 10, 1000, 60, null));
        Sample(load, FakeGpuSensor.Reading(Second, 20, 300, 1000, 60, 100), FakeGpuSensor.Reading(First, 70, 10, 1000, 60, null));
        var means = load.Read();
        Assert.Equal([First, Second], means.Select(card => card.Card));
        Assert.Equal((60, 10, 1000, 60, null), Values(means[0]));
        Assert.Equal((15, 200, 1000, 50, 150), Values(means[1]));
    }

    [Fact]
    public void Read_CardLost_LeavesItOutAndKeepsTheOther()
    {
        var load = NewLoad();
        Sample(load, FakeGpuSensor.Reading(First, 50, 10, 1000, 60, null), FakeGpuSensor.Reading(Second, 10, 100, 1000, 40, 200));
        for (var second = 0; second < 12; second++)
        {
            Sample(load, FakeGpuSensor.Reading(Second, 10, 100, 1000, 40, 200));
        }

        Assert.Equal([Second], load.Read().Select(card => card.Card));
    }

    [Fact]
    public void Read_DriverHangs_LeavesAllCardsOut()
    {
        var load = NewLoad();
        Sample(load, FakeGpuSensor.Reading(First, 50, 10, 1000, 60, null));
        _time.Advance(GpuLoad.Lifetime + TimeSpan.FromSeconds(1));
        Assert.Empty(load.Read());
    }

    [Fact]
    public void Read_CardStopsTellingUtilization_IsUnknownNotTheOldMean()
    {
        var load = NewLoad();
        Sample(load, FakeGpuSensor.Reading(First, 50, 10, 1000, 60, null));
        Sample(load, FakeGpuSensor.Reading(First, null, 10, 1000, 60, null));
        Assert.Null(load.Read().Single().UtilizationPct);
    }

    [Fact]
    public void Read_VramShrinks_NeverTellsMoreUsedThanThereIs()
    {
        var load = NewLoad();
        Sample(load, FakeGpuSensor.Reading(First, 50, 900, 1000, 60, null));
        Sample(load, FakeGpuSensor.Reading(First, 50, 100, 400, 60, null));
        Assert.Equal((100, 400), (load.Read()[0].MemoryUsedBytes, load.Read()[0].MemoryTotalBytes));
    }

    private static (double?, double?, long?, double?, double?) Values(GpuMeans card) =>
        (card.UtilizationPct, card.MemoryUsedBytes, card.MemoryTotalBytes, card.TemperatureC, card.PowerW);

    private GpuLoad NewLoad() => new(_sensor, TimeSpan.FromMinutes(1), _time);

    private void Sample(GpuLoad load, params GpuReading[] cards)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _sensor.Cards = [.. cards];
        _ = load.Sample();
    }
}
