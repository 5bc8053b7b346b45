using Opsen.Agent.Sensors;
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

    /// <summary>Block size, blocks, free and available ones as a file system tells them, and what comes of them.</summary>
    public static TheoryData<ulong, ulong, ulong, ulong, object> Blocks() => new()
    {
        { 4096, 1000, 600, 500, new DiskReading(4_096_000, 2_457_600, 2_048_000) },

        // More free than there is, more available than is free.
        { 4096, 1000, 2000, 3000, new DiskReading(4_096_000, 4_096_000, 4_096_000) },

        // Less than nothing is free, or available.
        { 4096, 1000, unchecked((ulong)-2L), unchecked((ulong)-5L), new DiskReading(4_096_000, 0, 0) },
        { 4096, 1000, 600, unchecked((ulong)-5L), new DiskReading(4_096_000, 2_457_600, 0) },

        // 16 EiB and more.
        { 4096, 1UL << 52, 1UL << 52, 1UL << 51, new DiskReading(DiskReading.MaxBytes, DiskReading.MaxBytes, DiskReading.MaxBytes) },
        { ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, new DiskReading(DiskReading.MaxBytes, DiskReading.MaxBytes, DiskReading.MaxBytes) },
        { 1 << 20, 1UL << 45, 1000, 1000, new DiskReading(DiskReading.MaxBytes, 1_048_576_000, 1_048_576_000) },
        { 4096, 0, 0, 0, new DiskReading(0, 0, 0) },
    };

    [Theory]
    [MemberData(nameof(Blocks), DisableDiscoveryEnumeration = true)]
    public void FromBlocks_Anything_IsAState(ulong blockBytes, ulong blocks, ulong free, ulong available, object expected) =>
        Assert.Equal(expected, DiskReading.FromBlocks(blockBytes, blocks, free, available));

    [Fact]
    public void TryRead_NoSuchDirectory_TellsWhy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "statvfs");
        var sensor = new StatvfsDiskSensor(new HostPaths("/proc", "/", null), "/no/such/directory");
        Assert.False(sensor.TryRead(out _, out var error));
        Assert.Contains("No such file", error, StringComparison.Ordinal);
    }
}
