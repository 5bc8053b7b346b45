using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sampling;

public sealed class OwnedCoresTests : IDisposable
{
    private readonly FakeCpuSensor _sensor = new() { Cores = [.. new[] { 0, 1, 2, 4, 8 }.Select(id => new CoreCounter(id, 0, 0))] };

    public void Dispose() => _sensor.Dispose();

    [Fact]
    public void Check_AllPresent_Passes()
    {
        Assert.Null(OwnedCores.Check([], _sensor));
        Assert.Null(OwnedCores.Check([0, 4, 8], _sensor));
    }

    [Fact]
    public void Check_CoreMissing_NamesItAndWhatThereIs()
    {
        var problem = OwnedCores.Check([2, 3, 9], _sensor);
        Assert.Equal("cores: this host has no core 3, 9; it has 0-2,4,8.", problem);
    }

    [Fact]
    public void Check_NothingReadable_PassesForLater()
    {
        _sensor.Cores = [];
        Assert.Null(OwnedCores.Check([0], _sensor));
    }
}
