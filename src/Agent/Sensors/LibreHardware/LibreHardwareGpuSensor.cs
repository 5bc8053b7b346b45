using LibreHardwareMonitor.Hardware;
using Microsoft.Extensions.Logging;

namespace Opsen.Agent.Sensors.LibreHardware;

/// <summary>
/// Cards of AMD or Intel on Windows, through LibreHardwareMonitor; in builds with <c>-p:LibreHardwareMonitor=true</c> alone. Of the library only the cards are
/// turned on: its other parts load a driver into the kernel, run code that only some processors know, and keep disks awake.
/// </summary>
/// <param name="computer">The library, opened by this and closed with it.</param>
/// <param name="vendor">Whose cards are read.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class LibreHardwareGpuSensor(
    IComputer computer, HardwareType vendor, TimeProvider time, ILogger<LibreHardwareGpuSensor> logger) : IGpuSensor
{
    /// <summary>The time between two looks for cards that came or went, and after the library failed.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private const long LeastVramBytes = 2L << 30;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly List<LibreHardwareCard> _cards = [];
    private readonly HashSet<string> _told = [];
    private IHardware[]? _hardware;
    private long _lookedAt;
    private bool _isOpen;
    private bool _isFailing;

    /// <inheritdoc/>
    public TimeSpan Read(List<GpuReading> readings)
    {
        var first = readings.Count;
        try
        {
            Look();
            foreach (var card in _cards)
            {
                readings.Add(card.Read());
            }

            _isFailing = false;
            return _cards.Count > 0 ? Period : Pause;
        }
#pragma warning disable CA1031 // It calls the drivers of several vendors, and what they throw is written down nowhere.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            readings.RemoveRange(first, readings.Count - first);
            if (!_isFailing)
            {
                LogFailed(vendor, exception.Message);
            }

            _isFailing = true;
            _hardware = null;
            return Pause;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOpen)
        {
            computer.Close();
        }
    }

    private void Look()
    {
        if (_hardware is not null && time.GetElapsedTime(_lookedAt) < Pause)
        {
            return;
        }

        if (!_isOpen)
        {
            computer.Open();
            _isOpen = true;
        }

        _lookedAt = time.GetTimestamp();
        IHardware[] found = [.. computer.Hardware.Where(hardware => hardware.HardwareType == vendor)];
        if (_hardware is not null && found.SequenceEqual(_hardware))
        {
            return;
        }

        _cards.Clear();
        foreach (var hardware in found)
        {
            // Sensors appear when they have been read once.
            hardware.Update();
            var card = new LibreHardwareCard(hardware, _cards.Count);

            // What is inside of a processor is for a display, as on Linux.
            if (card.MemoryTotalBytes >= LeastVramBytes)
            {
                _cards.Add(card);
                Tell(card);
            }
        }

        _hardware = found;
    }

    private void Tell(LibreHardwareCard card)
    {
        if (_told.Add(card.Identity.Uuid))
        {
            LogCardFound(card.Identity.Index, card.Identity.Name, card.Identity.Uuid);
        }
    }

    [LoggerMessage(1220, LogLevel.Information, "GPU {Index} found: {Name}, {Uuid}")]
    private partial void LogCardFound(int index, string name, string uuid);

    [LoggerMessage(1221, LogLevel.Warning, "LibreHardwareMonitor cannot read the cards ({Vendor}) and is tried again in half a minute: {Message}")]
    private partial void LogFailed(HardwareType vendor, string message);
}
