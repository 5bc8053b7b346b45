using Microsoft.Extensions.Logging;

namespace Opsen.Agent.Sensors.Nvidia;

/// <summary>
/// NVIDIA's cards. A card that is lost is left out and the others go on; a library that fails as a whole is shut down. In both cases, and while there is
/// no driver, the library is initialised anew from time to time: the driver may come after the agent, and a card may be reset.
/// </summary>
internal sealed partial class NvmlGpuSensor(IReadOnlyList<string> libraryPaths, TimeProvider time, ILogger<NvmlGpuSensor> logger) : IGpuSensor
{
    /// <summary>The first pause before initializing again; it doubles up to <see cref="MaxPause"/>.</summary>
    public static readonly TimeSpan MinPause = TimeSpan.FromMinutes(1);

    /// <summary>The longest pause before initializing again.</summary>
    public static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly List<NvmlCard> _cards = [];
    private NvmlLibrary? _library;
    private bool _isInitialized;
    private TimeSpan _pause = MinPause;
    private long? _failedAt;
    private bool _isAbsenceTold;

    /// <inheritdoc/>
    public TimeSpan Read(List<GpuReading> readings)
    {
        if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) >= _pause)
        {
            _pause = TimeSpan.FromTicks(Math.Min(2 * _pause.Ticks, MaxPause.Ticks));
            Close();
        }

        if (!_isInitialized && _failedAt is null)
        {
            Open();
        }

        ReadCards(readings);
        return _cards.Count > 0 || _failedAt is not { } since ? Period
            : TimeSpan.FromTicks(Math.Max(Period.Ticks, (_pause - time.GetElapsedTime(since)).Ticks));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _library?.Dispose();
        _library = null;
    }

    private void ReadCards(List<GpuReading> readings)
    {
        for (var i = _cards.Count - 1; i >= 0; i--)
        {
            var card = _cards[i];
            var result = card.Read(_library!, out var reading);
            if (result == NvmlReturn.Success)
            {
                readings.Add(reading);
            }
            else if (NvmlCard.IsLost(result))
            {
                LogCardLost(card.Identity.Index, card.Identity.Name, card.Identity.Uuid, result);
                _cards.RemoveAt(i);
                Fail();
            }
            else
            {
                LogDriverFailed(result);
                readings.Clear();
                Close();
                Fail();
                return;
            }
        }

        if (_failedAt is null && _cards.Count > 0)
        {
            _pause = MinPause;
        }
    }

    private void Open()
    {
        _library ??= NvmlLibrary.Load(libraryPaths);
        if (_library is null)
        {
            Absent("the driver's library is not installed");
            return;
        }

        var result = _library.Init();
        if (result != NvmlReturn.Success)
        {
            Absent($"the driver answers {result}");
            return;
        }

        _isInitialized = true;
        result = _library.Count(out var count);
        for (uint index = 0; result == NvmlReturn.Success && index < count; index++)
        {
            OpenCard(index);
        }

        if (_cards.Count == 0)
        {
            Absent(result == NvmlReturn.Success ? $"{count} cards found, none answers" : $"the driver answers {result}");
        }
    }

    // A card that does not answer keeps its index: those after it must not move up.
    private void OpenCard(uint index)
    {
        var result = _library!.Device(index, out var device);
        if (result == NvmlReturn.Success)
        {
            result = _library.Uuid(device, out var uuid);
            if (result == NvmlReturn.Success)
            {
                _ = _library.Name(device, out var name);
                _cards.Add(new NvmlCard(device, new GpuIdentity(uuid, (int)index, name)));
                LogCardFound((int)index, name, uuid);
                return;
            }
        }

        LogCardSilent((int)index, result);
        Fail();
    }

    private void Absent(string reason)
    {
        if (!_isAbsenceTold)
        {
            LogAbsent(reason);
        }

        _isAbsenceTold = true;
        Fail();
    }

    private void Fail() => _failedAt ??= time.GetTimestamp();

    private void Close()
    {
        _cards.Clear();
        _failedAt = null;
        if (_isInitialized)
        {
            _ = _library!.Shutdown();
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

    [LoggerMessage(1204, LogLevel.Warning, "The NVIDIA driver failed ({Result}); no GPU is reported until it can be initialised again")]
    private partial void LogDriverFailed(NvmlReturn result);
}
