using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sampling;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sampling;

public sealed class DiskLoadTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeDiskSensor _sensor = new();
    private readonly RecordingLogger<DiskLoad> _logger = new();

    [Fact]
    public void Read_BeforeFirstSample_IsUnknown() => Assert.Null(NewLoad().Read());

    [Fact]
    public void Read_AfterSample_TellsIt()
    {
        var load = NewLoad();
        _ = load.Sample();
        Assert.True(load.Ready.IsCompleted);
        Assert.Equal(_sensor.Reading, load.Read());
    }

    [Fact]
    public void Read_SensorHangs_IsUnknownAfterItsLifetime()
    {
        var load = NewLoad();
        _ = load.Sample();
        _time.Advance(DiskLoad.Lifetime);
        Assert.NotNull(load.Read());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(load.Read());
    }

    [Fact]
    public void Sample_PathMissing_WarnsOnceWithThePath()
    {
        var load = NewLoad();
        _sensor.Reading = null;
        _ = load.Sample();
        _ = load.Sample();
        Assert.True(load.Ready.IsCompleted);
        Assert.Contains("/data", Assert.Single(_logger.Lines).Message, StringComparison.Ordinal);
    }

    private DiskLoad NewLoad() => new(_sensor, _time, _logger);
}
