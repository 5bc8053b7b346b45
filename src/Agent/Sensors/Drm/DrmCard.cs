using System.Globalization;
using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Sensors.Drm;

/// <summary>A card that the kernel's direct rendering manager knows, read from its files in sysfs. What a driver does not tell stays unknown.</summary>
internal abstract class DrmCard(string folder, GpuIdentity identity) : IDisposable
{
    private const double MilliDegrees = 1000;
    private const double Microwatts = 1e6;

    private readonly List<NumberFile> _files = [];
    private NumberFile? _temperature;
    private NumberFile? _power;

    /// <summary>Its fixed properties.</summary>
    public GpuIdentity Identity { get; } = identity;

    /// <summary>The folder of the device itself.</summary>
    protected string Device { get; } = Path.Join(folder, "device");

    /// <summary>Reads its state.</summary>
    /// <param name="now">Seconds of a clock that never goes back.</param>
    public abstract GpuReading Read(double now);

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.ForEach(static file => file.Dispose());
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether the card sleeps, which reading its sensors would end.</summary>
    protected bool IsSuspended()
    {
        var path = Path.Join(Device, "power", "runtime_status");
        return TryReadText(path) == "suspended";
    }

    /// <summary>Temperature and power, where there are files for them.</summary>
    protected GpuReading WithSensors(in GpuReading reading) => reading with
    {
        TemperatureC = (_temperature ??= Open(HwmonFiles("temp1_input", "temp2_input")))?.Read() / MilliDegrees,
        PowerW = (_power ??= Open(HwmonFiles("power1_average", "power1_input")))?.Read() / Microwatts,
    };

    /// <summary>The first of these files that is there, kept open; null when none is.</summary>
    protected NumberFile? Open(params IEnumerable<string> paths)
    {
        if (paths.FirstOrDefault(File.Exists) is not { } path)
        {
            return null;
        }

        var file = new NumberFile(path);
        _files.Add(file);
        return file;
    }

    /// <summary>Files of the card's hardware monitor.</summary>
    protected IEnumerable<string> HwmonFiles(params string[] names)
    {
        var monitors = Path.Join(Device, "hwmon");
        return !Directory.Exists(monitors) ? []
            : names.SelectMany(name => Directory.GetDirectories(monitors, "hwmon*").Order(StringComparer.Ordinal).Select(monitor => Path.Join(monitor, name)));
    }

    /// <summary>A number in hexadecimal or decimal; null when the file has none.</summary>
    public static long? ReadNumber(string path)
    {
        var text = TryReadText(path);
        return text is null ? null
            : text.StartsWith("0x", StringComparison.Ordinal)
                ? long.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hex) ? hex : null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : null;
    }

    /// <summary>A file's text; null when it cannot be read or is empty.</summary>
    public static string? TryReadText(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } text ? text : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Drivers answer so for what a card does not have.
            return null;
        }
    }
}
