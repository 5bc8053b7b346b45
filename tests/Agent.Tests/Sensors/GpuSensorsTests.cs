using Opsen.Agent.Sensors;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sensors;

public sealed class GpuSensorsTests : IDisposable
{
    private readonly FakeGpuSensor _first = new();
    private readonly FakeGpuSensor _second = new();

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public void Read_OneVendor_KeepsItsNumbers()
    {
        _second.Cards = [Card("b", 0), Card("c", 1)];
        Assert.Equal([0, 1], Read(new GpuSensors([_first, _second])));
    }

    [Fact]
    public void Read_SeveralVendors_NumbersAreDistinctAndStay()
    {
        _first.Cards = [Card("a", 0)];
        _second.Cards = [Card("b", 0), Card("c", 1)];
        using var sensors = new GpuSensors([_first, _second]);
        Assert.Equal([0, 1000, 1001], Read(sensors));

        // Programs on the cards of the second vendor know them by these numbers.
        _first.Cards = [];
        Assert.Equal([1000, 1001], Read(sensors));
    }

    private static GpuReading Card(string uuid, int index) => new(new GpuIdentity(uuid, index, "Card"));

    private static IEnumerable<int> Read(GpuSensors sensors)
    {
        var readings = new List<GpuReading>();
        _ = sensors.Read(readings);
        return readings.Select(reading => reading.Card.Index);
    }
}
