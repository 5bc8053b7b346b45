using Microsoft.Extensions.Logging;
using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Sensors.Drm;

/// <summary>
/// Cards of AMD or of Intel on Linux, by the kernel's own files. Graphics units inside of a processor are left out: without memory of their own, or with
/// little, they are for a display.
/// </summary>
/// <param name="vendor">PCI number of the vendor whose cards are read.</param>
/// <param name="paths">Where the host's files are.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class DrmGpuSensor(int vendor, HostPaths paths, TimeProvider time, ILogger<DrmGpuSensor> logger) : IGpuSensor
{
    /// <summary>AMD.</summary>
    public const int Amd = 0x1002;

    /// <summary>Intel.</summary>
    public const int Intel = 0x8086;

    /// <summary>The time between two looks for cards that came or went.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private const long LeastVramBytes = 2L << 30;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly long _start = time.GetTimestamp();
    private readonly List<DrmCard> _cards = [];
    private readonly HashSet<string> _told = [];
    private string[]? _folders;
    private long _lookedAt;

    private string VendorName => vendor == Amd ? "AMD" : "Intel";

    /// <inheritdoc/>
    public TimeSpan Read(List<GpuReading> readings)
    {
        if (_folders is null || time.GetElapsedTime(_lookedAt) >= Pause)
        {
            Look();
            _lookedAt = time.GetTimestamp();
        }

        var now = time.GetElapsedTime(_start).TotalSeconds + 1;
        foreach (var card in _cards)
        {
            readings.Add(card.Read(now));
        }

        return _cards.Count > 0 ? Period : Pause;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cards.ForEach(static card => card.Dispose());
        _cards.Clear();
    }

    private void Look()
    {
        var classFolder = Path.Join(paths.Sys, "class", "drm");
        string[] folders = Directory.Exists(classFolder)
            ? [.. Directory.GetDirectories(classFolder, "card*").Where(IsCard).OrderBy(Address, StringComparer.Ordinal)]
            : [];
        if (_folders is not null && folders.SequenceEqual(_folders))
        {
            return;
        }

        _folders = folders;
        Dispose();
        foreach (var folder in folders)
        {
            var card = OpenCard(folder);
            _cards.Add(card);
            if (_told.Add(card.Identity.Uuid))
            {
                LogCardFound(card.Identity.Index, card.Identity.Name, card.Identity.Uuid);
            }
        }
    }

    // Outputs are called card0-HDMI-A-1.
    private bool IsCard(string folder) =>
        Path.GetFileName(folder.AsSpan())["card".Length..] is { Length: > 0 } number && !number.ContainsAnyExceptInRange('0', '9')
        && DrmCard.ReadNumber(Path.Join(folder, "device", "vendor")) == vendor && HasMemory(folder);

    private bool HasMemory(string folder)
    {
        var device = Path.Join(folder, "device");
        return vendor == Amd
            ? DrmCard.ReadNumber(Path.Join(device, "mem_info_vram_total")) >= LeastVramBytes
            : File.Exists(Path.Join(folder, "lmem_total_bytes")) || File.Exists(Path.Join(device, "lmem_total_bytes"))
                || (Directory.Exists(Path.Join(device, "tile0")) && Directory.Exists(Path.Join(device, "hwmon")));
    }

    private DrmCard OpenCard(string folder)
    {
        var device = Path.Join(folder, "device");
        var model = DrmCard.ReadNumber(Path.Join(device, "device")) ?? 0;
        var identity = new GpuIdentity(
            DrmCard.TryReadText(Path.Join(device, "unique_id")) is { } id ? $"{VendorName}-{id}" : $"{VendorName}-{Address(folder)}",
            _cards.Count,
            DrmCard.TryReadText(Path.Join(device, "product_name")) ?? $"{VendorName} GPU {vendor:x4}:{model:x4}");
        return vendor == Amd ? new AmdCard(folder, identity) : new IntelCard(folder, identity);
    }

    // "0000:03:00.0": the order in which programs number the cards.
    private static string Address(string folder) =>
        Path.GetFileName(new DirectoryInfo(Path.Join(folder, "device")).ResolveLinkTarget(returnFinalTarget: true)?.FullName) is { Length: > 0 } address
            ? address : Path.GetFileName(folder);

    [LoggerMessage(1210, LogLevel.Information, "GPU {Index} found: {Name}, {Uuid}")]
    private partial void LogCardFound(int index, string name, string uuid);
}
