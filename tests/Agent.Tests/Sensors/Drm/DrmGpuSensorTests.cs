using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Drm;
using Opsen.Agent.Sensors.Linux;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sensors.Drm;

public sealed class DrmGpuSensorTests : IDisposable
{
    private readonly TemporaryDirectory _sys = new();
    private readonly FakeTimeProvider _time = new();

    public DrmGpuSensorTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "sysfs");

    public void Dispose() => _sys.Dispose();

    [Fact]
    public void Read_AmdCards_TellsTheirStateInTheOrderOfTheBus()
    {
        AddAmd("card1", "0000:03:00.0", ("product_name", "Instinct MI210\n"), ("unique_id", "f00d\n"));
        AddAmd("card0", "0000:83:00.0");
        Write("card0", "hwmon/hwmon4/power1_average", "");
        using var sensor = NewSensor(DrmGpuSensor.Amd);
        var cards = Read(sensor);
        Assert.Equal(new GpuIdentity("AMD-f00d", 0, "Instinct MI210"), cards[0].Card);
        Assert.Equal(new GpuIdentity("AMD-0000:83:00.0", 1, "AMD GPU 1002:744c"), cards[1].Card);
        Assert.Equal((37, 4L << 30, 24L << 30), (cards[0].UtilizationPct, cards[0].MemoryUsedBytes, cards[0].MemoryTotalBytes));
        Assert.Equal((56, 180.5), (cards[0].TemperatureC, cards[0].PowerW));
        Assert.Null(cards[1].PowerW);
    }

    [Theory]
    [InlineData("gpu_busy_percent", "101")]
    [InlineData("gpu_busy_percent", "")]
    [InlineData("gpu_busy_percent", null)]
    public void Read_AmdDoesNotTell_IsUnknown(string file, string? content)
    {
        AddAmd("card0", "0000:03:00.0");
        Write("card0", file, content);
        using var sensor = NewSensor(DrmGpuSensor.Amd);
        var card = Assert.Single(Read(sensor));
        Assert.Null(card.UtilizationPct);
        Assert.Equal(24L << 30, card.MemoryTotalBytes);
    }

    [Fact]
    public void Read_AmdAsleep_IsIdleAndIsNotWoken()
    {
        AddAmd("card0", "0000:03:00.0", ("power/runtime_status", "suspended\n"));
        using var sensor = NewSensor(DrmGpuSensor.Amd);
        var card = Assert.Single(Read(sensor));
        Assert.Equal((0, 0, 24L << 30, null), (card.UtilizationPct, card.MemoryUsedBytes, card.MemoryTotalBytes, card.TemperatureC));
    }

    [Fact]
    public void Read_WhatIsNoCardForWork_IsLeftOut()
    {
        AddAmd("card0", "0000:03:00.0");
        Write("card0", "mem_info_vram_total", $"{512L << 20}\n");
        AddAmd("card1-DP-1", "0000:03:00.0");
        Add("card2", "0000:00:02.0", ("vendor", "0x8086\n"), ("device", "0x9a49\n"));
        Add("card3", "0000:01:00.0", ("vendor", "0x1a03\n"));
        using var amd = NewSensor(DrmGpuSensor.Amd);
        using var intel = NewSensor(DrmGpuSensor.Intel);
        Assert.Empty(Read(amd));
        Assert.Empty(Read(intel));
    }

    [Fact]
    public void Read_NoDrm_IsNone()
    {
        using var sensor = NewSensor(DrmGpuSensor.Amd);
        Assert.Empty(Read(sensor));
    }

    [Fact]
    public void Read_CardComesAndGoes_IsSeenWithinHalfAMinute()
    {
        using var sensor = NewSensor(DrmGpuSensor.Amd);
        Assert.Empty(Read(sensor));
        AddAmd("card0", "0000:03:00.0");
        _time.Advance(DrmGpuSensor.Pause);
        Assert.Single(Read(sensor));
        Directory.Delete(_sys.File("class", "drm", "card0"), recursive: true);
        _time.Advance(DrmGpuSensor.Pause);
        Assert.Empty(Read(sensor));
    }

    [Fact]
    public void Read_IntelCard_IsBusyWhenItIsNotInItsIdleState()
    {
        Add("card0", "0000:03:00.0", ("vendor", "0x8086\n"), ("device", "0x56c0\n"), ("hwmon/hwmon2/energy1_input", "1000000\n"), ("hwmon/hwmon2/temp1_input", "48000\n"));
        WriteCard("card0", "lmem_total_bytes", $"{16L << 30}\n");
        WriteCard("card0", "gt/gt0/rc6_residency_ms", "5000\n");
        using var sensor = NewSensor(DrmGpuSensor.Intel);
        Assert.Null(Assert.Single(Read(sensor)).UtilizationPct);

        _time.Advance(TimeSpan.FromSeconds(2));
        WriteCard("card0", "gt/gt0/rc6_residency_ms", "5500\n");
        Write("card0", "hwmon/hwmon2/energy1_input", "151000000\n");
        var card = Assert.Single(Read(sensor));
        Assert.Equal((75, 16L << 30, null, 75, 48), (card.UtilizationPct, card.MemoryTotalBytes, card.MemoryUsedBytes, card.PowerW, card.TemperatureC));
    }

    [Fact]
    public void Read_IntelXeCard_IsBusyWhenItIsNotIdle()
    {
        Add("card0", "0000:03:00.0", ("vendor", "0x8086\n"), ("device", "0xe20b\n"), ("hwmon/hwmon2/temp2_input", "51000\n"), ("tile0/gt0/gtidle/idle_residency_ms", "100\n"));
        using var sensor = NewSensor(DrmGpuSensor.Intel);
        _ = Read(sensor);
        _time.Advance(TimeSpan.FromSeconds(1));
        Write("card0", "tile0/gt0/gtidle/idle_residency_ms", "1100\n");
        var card = Assert.Single(Read(sensor));
        Assert.Equal((0, null, 51), (card.UtilizationPct, card.MemoryTotalBytes, card.TemperatureC));
    }

    private static List<GpuReading> Read(DrmGpuSensor sensor)
    {
        var readings = new List<GpuReading>();
        _ = sensor.Read(readings);
        return readings;
    }

    private DrmGpuSensor NewSensor(int vendor) =>
        new(vendor, new HostPaths("/proc", "/", null) { Sys = _sys.Path }, _time, new RecordingLogger<DrmGpuSensor>());

    private void AddAmd(string card, string address, params (string File, string Content)[] files) => Add(
        card,
        address,
        [
            ("vendor", "0x1002\n"), ("device", "0x744c\n"), ("gpu_busy_percent", "37\n"), ("mem_info_vram_total", $"{24L << 30}\n"), ("mem_info_vram_used", $"{4L << 30}\n"),
            ("hwmon/hwmon4/temp1_input", "56000\n"), ("hwmon/hwmon4/power1_average", "180500000\n"), ("power/runtime_status", "active\n"), .. files,
        ]);

    // As the kernel has it: the class's folder holds a link to the device's.
    private void Add(string card, string address, params (string File, string Content)[] files)
    {
        var device = _sys.File("devices", card, address);
        _ = Directory.CreateDirectory(device);
        _ = Directory.CreateDirectory(_sys.File("class", "drm", card));
        _ = Directory.CreateSymbolicLink(_sys.File("class", "drm", card, "device"), device);
        foreach (var (file, content) in files)
        {
            Write(card, file, content);
        }
    }

    private void Write(string card, string file, string? content) => WriteCard(card, $"device/{file}", content);

    private void WriteCard(string card, string file, string? content)
    {
        if (content is null)
        {
            File.Delete(_sys.File("class", "drm", card, file));
        }
        else
        {
            _ = _sys.Write($"class/drm/{card}/{file}", content);
        }
    }
}
