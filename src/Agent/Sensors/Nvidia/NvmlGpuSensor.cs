using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Opsen.Agent.Sensors.Nvidia;

/// <summary>
/// NVIDIA's cards, and the instances of divided ones (MIG) in their place. A value or a card that fails is left out and the others go on; the library is
/// initialised anew when all fail. That, and a look for cards that came or went, happens every <see cref="Pause"/>, with a driver or without: it may be
/// installed after the agent.
/// </summary>
/// <param name="libraryPaths">Where the library may be.</param>
/// <param name="kernelCards">The folder with an entry for each card that the kernel's driver has.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class NvmlGpuSensor(
    IReadOnlyList<string> libraryPaths, string? kernelCards, TimeProvider time, ILogger<NvmlGpuSensor> logger) : IGpuSensor
{
    /// <summary>The time between two looks at what there is.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly List<NvmlCard> _cards = [];
    private readonly HashSet<string> _found = [];
    private readonly HashSet<string> _failing = [];
    private NvmlLibrary? _library;
    private nint _xidSet;
    private bool _isInitialized;
    private bool _isIncomplete;
    private long? _lookedAt;
    private ulong _signature;
    private int _kernelCount;
    private string? _toldAbsence;

    /// <summary>Where the kernel's driver lists its cards; null on systems where it does not.</summary>
    public static string? KernelCards { get; } = OperatingSystem.IsLinux() ? "/proc/driver/nvidia/gpus" : null;

    /// <inheritdoc/>
    public TimeSpan Read(List<GpuReading> readings)
    {
        if (_lookedAt is not { } before || time.GetElapsedTime(before) >= Pause)
        {
            Look();
            _lookedAt = time.GetTimestamp();
        }

        TakeXids();
        ReadCards(readings);
        return _cards.Count > 0 ? Period : TimeSpan.FromTicks(Math.Max(Period.Ticks, (Pause - time.GetElapsedTime(_lookedAt.Value)).Ticks));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _library?.Dispose();
        _library = null;
    }

    /// <summary>Opens the library if it is not, and opens it anew when a card failed or the cards are not the same any more.</summary>
    private void Look()
    {
        if (_isInitialized && !_isIncomplete && NvmlSignature.Of(_library!) == _signature && CountKernelCards() == _kernelCount)
        {
            _cards.ForEach(ReadEcc);
            return;
        }

        Close();
        Open();
    }

    private void ReadCards(List<GpuReading> readings)
    {
        var first = readings.Count;
        var failed = 0;
        for (var i = _cards.Count - 1; i >= 0; i--)
        {
            var card = _cards[i];
            var result = card.Read(_library!, out var reading);
            if (result == NvmlReturn.Success)
            {
                readings.Add(reading);
                _ = _failing.Count > 0 && _failing.Remove(card.Identity.Uuid);
            }
            else if (NvmlCard.IsLost(result))
            {
                LogCardLost(card.Identity.Index, card.Identity.Name, card.Identity.Uuid, result);
                _ = _found.Remove(card.Identity.Uuid);
                _cards.RemoveAt(i);
                _isIncomplete = true;
            }
            else
            {
                failed++;
                _isIncomplete = true;
                if (_failing.Add(card.Identity.Uuid))
                {
                    LogCardFailed(card.Identity.Index, card.Identity.Name, card.Identity.Uuid, result);
                }
            }
        }

        if (failed > 0 && readings.Count == first)
        {
            // None answers: not the cards but the driver is at fault, and its handles may be void.
            LogDriverFailed();
            Close();
            _lookedAt = time.GetTimestamp();
        }
    }

    private void Open()
    {
        _library ??= NvmlLibrary.Load(libraryPaths);
        if (_library is null)
        {
            TellAbsence("the driver's library is not installed");
            return;
        }

        var result = _library.Init();
        if (result != NvmlReturn.Success)
        {
            TellAbsence($"the driver answers {result}");
            return;
        }

        _isInitialized = true;
        _kernelCount = CountKernelCards();
        _signature = NvmlSignature.Of(_library);
        result = _library.Count(out var count);
        var devices = new List<nint>();
        for (uint index = 0; result == NvmlReturn.Success && index < count; index++)
        {
            OpenCard(index, devices);
        }

        _xidSet = _library.WatchXid(CollectionsMarshal.AsSpan(devices));
        _cards.ForEach(ReadEcc);
        if (_cards.Count > 0)
        {
            _toldAbsence = null;
        }
        else
        {
            TellAbsence(result == NvmlReturn.Success ? $"{count} cards found, none can be used" : $"the driver answers {result}");
        }
    }

    // A card that does not answer keeps its index: those after it must not move up.
    private void OpenCard(uint index, List<nint> devices)
    {
        var result = _library!.Device(index, out var device);
        if (result == NvmlReturn.Success)
        {
            devices.Add(device);
            var slots = _library.MigSlots(device);
            for (uint slot = 0; slot < slots; slot++)
            {
                if (_library.MigDevice(device, slot, out var instance) == NvmlReturn.Success)
                {
                    _ = AddCard(instance, (int)((100 * (index + 1)) + slot), device);
                }
            }

            // What a divided card has is given to its instances: by itself it can be used for nothing.
            result = slots > 0 ? NvmlReturn.Success : AddCard(device, (int)index, device);
        }

        if (result != NvmlReturn.Success)
        {
            _isIncomplete = true;
            if (_failing.Add($"index {index}"))
            {
                LogCardSilent((int)index, result);
            }
        }
    }

    private NvmlReturn AddCard(nint device, int index, nint parent)
    {
        var result = _library!.Uuid(device, out var uuid);
        if (result == NvmlReturn.Success)
        {
            _ = _library.Name(device, out var name);
            _cards.Add(new NvmlCard(device, new GpuIdentity(uuid, index, name), parent));
            _ = _failing.Remove($"index {index}");
            if (_found.Add(uuid))
            {
                LogCardFound(index, name, uuid);
            }
        }

        return result;
    }

    private void ReadEcc(NvmlCard card)
    {
        if (_library!.EccErrors(card.Parent, out var errors) == NvmlReturn.Success && errors <= long.MaxValue)
        {
            if ((long)errors > (card.EccErrors ?? 0))
            {
                LogEccErrors(card.Identity.Index, card.Identity.Name, card.Identity.Uuid, (long)errors);
            }

            card.EccErrors = (long)errors;
        }
    }

    private void TakeXids()
    {
        while (_isInitialized && _library!.TryTakeXid(_xidSet, out var device, out var xid))
        {
            TakeXid(device, (long)xid);
        }
    }

    private void TakeXid(nint device, long xid)
    {
        foreach (var card in _cards.Where(card => card.Parent == device || card.Device == device))
        {
            card.Xid = xid;
            LogXid(card.Identity.Index, card.Identity.Name, card.Identity.Uuid, xid);
        }
    }

    private int CountKernelCards() => kernelCards is not null && Directory.Exists(kernelCards) ? Directory.GetDirectories(kernelCards).Length : 0;

    private void TellAbsence(string reason)
    {
        if (_toldAbsence != reason)
        {
            LogAbsent(reason);
        }

        _toldAbsence = reason;
    }

    private void Close()
    {
        _cards.Clear();
        _isIncomplete = false;
        if (_isInitialized)
        {
            _library!.UnwatchXid(_xidSet);
            _xidSet = 0;
            _ = _library.Shutdown();
            _isInitialized = false;
        }
    }

    [LoggerMessage(1200, LogLevel.Information, "GPU {Index} found: {Name}, {Uuid}")]
    private partial void LogCardFound(int index, string name, string uuid);

    [LoggerMessage(1201, LogLevel.Information, "No NVIDIA GPU is reported: {Reason}")]
    private partial void LogAbsent(string reason);

    [LoggerMessage(1202, LogLevel.Warning, "GPU {Index} does not answer ({Result}) and is left out until it does")]
    private partial void LogCardSilent(int index, NvmlReturn result);

    [LoggerMessage(1203, LogLevel.Warning, "GPU {Index}, {Name}, {Uuid} is lost ({Result}) and is left out until it answers again")]
    private partial void LogCardLost(int index, string name, string uuid, NvmlReturn result);

    [LoggerMessage(1204, LogLevel.Warning, "The NVIDIA driver answers for no card; it is initialised again in half a minute")]
    private partial void LogDriverFailed();

    [LoggerMessage(1205, LogLevel.Warning, "GPU {Index}, {Name}, {Uuid} cannot be read ({Result}) and is left out while that is so")]
    private partial void LogCardFailed(int index, string name, string uuid, NvmlReturn result);

    [LoggerMessage(1206, LogLevel.Warning, "The memory of GPU {Index}, {Name}, {Uuid} has had {Errors} errors that could not be corrected")]
    private partial void LogEccErrors(int index, string name, string uuid, long errors);

    [LoggerMessage(1207, LogLevel.Warning, "The driver reports error Xid {Xid} of GPU {Index}, {Name}, {Uuid}")]
    private partial void LogXid(int index, string name, string uuid, long xid);
}
