using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Tests.Sensors.Linux;

public sealed class StatvfsDiskSensorTests
{
    [Fact]
    public void TryRead_DirectoryUnderHostRoot_TellsItsFileSystem()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "statvfs");
        using var root = new TemporaryDirectory();
        _ = Directory.CreateDirectory(root.File("data"));
        var sensor = new StatvfsDiskSensor(new HostPaths("/proc", root.Path, null), "/data");
        Assert.Equal(root.File("data"), sensor.Path);
        Assert.True(sensor.TryRead(out var reading, out var error));
        Assert.Null(error);
        Assert.True(reading.TotalBytes > 0);
        Assert.InRange(reading.FreeBytes, 0, reading.TotalBytes);
        Assert.InRange(reading.AvailableBytes, 0, reading.FreeBytes);
    }

    [Fact]
    public void TryRead_NoSuchDirectory_TellsWhy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "statvfs");
        var sensor = new StatvfsDiskSensor(new HostPaths("/proc", "/", null), "/no/such/directory");
        Assert.False(sensor.TryRead(out _, out var error));
        Assert.Contains("/no/such/directory", error, StringComparison.Ordinal);
    }
}
