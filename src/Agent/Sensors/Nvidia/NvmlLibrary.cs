using System.Runtime.InteropServices;
using System.Text;

namespace Opsen.Agent.Sensors.Nvidia;

/// <summary>
/// NVIDIA's management library (nvml.h, API 13), bound at run time: a table of function pointers, so that there is no exception
/// when the driver or one of its newer functions is missing, and no allocation in a call.
/// </summary>
internal sealed unsafe class NvmlLibrary : IDisposable
{
    private const int NameBytes = 96;
    private const int TemperatureOfGpu = 0;
    private const int UncorrectedErrors = 1;
    private const int SinceDriverLoad = 0;
    private const ulong XidEvents = 8;

    private readonly nint _handle;
    private readonly delegate* unmanaged<NvmlReturn> _init;
    private readonly delegate* unmanaged<NvmlReturn> _shutdown;
    private readonly delegate* unmanaged<uint*, NvmlReturn> _count;
    private readonly delegate* unmanaged<uint, nint*, NvmlReturn> _handleByIndex;
    private readonly delegate* unmanaged<nint, byte*, uint, NvmlReturn> _name;
    private readonly delegate* unmanaged<nint, byte*, uint, NvmlReturn> _uuid;
    private readonly delegate* unmanaged<nint, NvmlUtilization*, NvmlReturn> _utilization;
    private readonly delegate* unmanaged<nint, NvmlMemory*, NvmlReturn> _memory;
    private readonly delegate* unmanaged<nint, NvmlMemoryV2*, NvmlReturn> _memoryV2;
    private readonly delegate* unmanaged<nint, int, uint*, NvmlReturn> _temperature;
    private readonly delegate* unmanaged<nint, uint*, NvmlReturn> _power;
    private readonly delegate* unmanaged<nint, uint*, uint*, NvmlReturn> _migMode;
    private readonly delegate* unmanaged<nint, uint*, NvmlReturn> _maxMigCount;
    private readonly delegate* unmanaged<nint, uint, nint*, NvmlReturn> _migByIndex;
    private readonly delegate* unmanaged<nint, int, int, ulong*, NvmlReturn> _eccErrors;
    private readonly delegate* unmanaged<nint*, NvmlReturn> _eventSetCreate;
    private readonly delegate* unmanaged<nint, ulong, nint, NvmlReturn> _registerEvents;
    private readonly delegate* unmanaged<nint, NvmlEventData*, uint, NvmlReturn> _eventSetWait;
    private readonly delegate* unmanaged<nint, NvmlReturn> _eventSetFree;

    private NvmlLibrary(nint handle)
    {
        _handle = handle;
        _init = (delegate* unmanaged<NvmlReturn>)Symbol("nvmlInit_v2");
        _shutdown = (delegate* unmanaged<NvmlReturn>)Symbol("nvmlShutdown");
        _count = (delegate* unmanaged<uint*, NvmlReturn>)Symbol("nvmlDeviceGetCount_v2");
        _handleByIndex = (delegate* unmanaged<uint, nint*, NvmlReturn>)Symbol("nvmlDeviceGetHandleByIndex_v2");
        _name = (delegate* unmanaged<nint, byte*, uint, NvmlReturn>)Symbol("nvmlDeviceGetName");
        _uuid = (delegate* unmanaged<nint, byte*, uint, NvmlReturn>)Symbol("nvmlDeviceGetUUID");
        _utilization = (delegate* unmanaged<nint, NvmlUtilization*, NvmlReturn>)Symbol("nvmlDeviceGetUtilizationRates");
        _memory = (delegate* unmanaged<nint, NvmlMemory*, NvmlReturn>)Symbol("nvmlDeviceGetMemoryInfo");
        _memoryV2 = (delegate* unmanaged<nint, NvmlMemoryV2*, NvmlReturn>)Symbol("nvmlDeviceGetMemoryInfo_v2");
        _temperature = (delegate* unmanaged<nint, int, uint*, NvmlReturn>)Symbol("nvmlDeviceGetTemperature");
        _power = (delegate* unmanaged<nint, uint*, NvmlReturn>)Symbol("nvmlDeviceGetPowerUsage");
        _migMode = (delegate* unmanaged<nint, uint*, uint*, NvmlReturn>)Symbol("nvmlDeviceGetMigMode");
        _maxMigCount = (delegate* unmanaged<nint, uint*, NvmlReturn>)Symbol("nvmlDeviceGetMaxMigDeviceCount");
        _migByIndex = (delegate* unmanaged<nint, uint, nint*, NvmlReturn>)Symbol("nvmlDeviceGetMigDeviceHandleByIndex");
        _eccErrors = (delegate* unmanaged<nint, int, int, ulong*, NvmlReturn>)Symbol("nvmlDeviceGetTotalEccErrors");
        _eventSetCreate = (delegate* unmanaged<nint*, NvmlReturn>)Symbol("nvmlEventSetCreate");
        _registerEvents = (delegate* unmanaged<nint, ulong, nint, NvmlReturn>)Symbol("nvmlDeviceRegisterEvents");
        _eventSetWait = (delegate* unmanaged<nint, NvmlEventData*, uint, NvmlReturn>)Symbol("nvmlEventSetWait_v2");
        _eventSetFree = (delegate* unmanaged<nint, NvmlReturn>)Symbol("nvmlEventSetFree");
    }

    /// <summary>Where drivers put the library on this operating system.</summary>
    public static IReadOnlyList<string> UsualPaths { get; } = OperatingSystem.IsWindows()
        ?
        [
            Path.Join(Environment.SystemDirectory, "nvml.dll"),
            Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "NVIDIA Corporation", "NVSMI", "nvml.dll"),
        ]
        : ["libnvidia-ml.so.1", "/usr/lib/wsl/lib/libnvidia-ml.so.1"];

    /// <summary>Loads the first of <paramref name="paths"/> that is there; null when none is.</summary>
    public static NvmlLibrary? Load(IReadOnlyList<string> paths)
    {
        foreach (var path in paths)
        {
            if (NativeLibrary.TryLoad(path, out var handle))
            {
                return new NvmlLibrary(handle);
            }
        }

        return null;
    }

    /// <summary>Initialises the library; pairs with <see cref="Shutdown"/>.</summary>
    public NvmlReturn Init() => _init == null ? NvmlReturn.FunctionNotFound : _init();

    /// <summary>Ends what <see cref="Init"/> began; card handles are void then.</summary>
    public NvmlReturn Shutdown() => _shutdown == null ? NvmlReturn.FunctionNotFound : _shutdown();

    /// <summary>Number of cards.</summary>
    public NvmlReturn Count(out uint count)
    {
        fixed (uint* pointer = &count)
        {
            *pointer = 0;
            return _count == null ? NvmlReturn.FunctionNotFound : _count(pointer);
        }
    }

    /// <summary>Handle of the card with an index.</summary>
    public NvmlReturn Device(uint index, out nint device)
    {
        fixed (nint* pointer = &device)
        {
            *pointer = 0;
            return _handleByIndex == null ? NvmlReturn.FunctionNotFound : _handleByIndex(index, pointer);
        }
    }

    /// <summary>Model name of a card.</summary>
    public NvmlReturn Name(nint device, out string name) => Text(_name, device, out name);

    /// <summary>Identity of a card.</summary>
    public NvmlReturn Uuid(nint device, out string uuid) => Text(_uuid, device, out uuid);

    /// <summary>Utilisation; not supported by a card that is divided into instances (MIG).</summary>
    public NvmlReturn Utilization(nint device, out NvmlUtilization utilization)
    {
        fixed (NvmlUtilization* pointer = &utilization)
        {
            *pointer = default;
            return _utilization == null ? NvmlReturn.FunctionNotFound : _utilization(device, pointer);
        }
    }

    /// <summary>VRAM in bytes, by the second version of the call where the driver has it: the first counts the driver's own part as used.</summary>
    public NvmlReturn Memory(nint device, out ulong total, out ulong used)
    {
        if (_memoryV2 != null)
        {
            var v2 = new NvmlMemoryV2 { Version = NvmlMemoryV2.CurrentVersion };
            var result = _memoryV2(device, &v2);
            if (result is not (NvmlReturn.NotSupported or NvmlReturn.FunctionNotFound or NvmlReturn.ArgumentVersionMismatch))
            {
                (total, used) = (v2.Total, v2.Used);
                return result;
            }
        }

        var v1 = default(NvmlMemory);
        var fallback = _memory == null ? NvmlReturn.FunctionNotFound : _memory(device, &v1);
        (total, used) = (v1.Total, v1.Used);
        return fallback;
    }

    /// <summary>Temperature of the chip, °C.</summary>
    public NvmlReturn Temperature(nint device, out uint celsius)
    {
        fixed (uint* pointer = &celsius)
        {
            *pointer = 0;
            return _temperature == null ? NvmlReturn.FunctionNotFound : _temperature(device, TemperatureOfGpu, pointer);
        }
    }

    /// <summary>Power draw, mW.</summary>
    public NvmlReturn Power(nint device, out uint milliwatts)
    {
        fixed (uint* pointer = &milliwatts)
        {
            *pointer = 0;
            return _power == null ? NvmlReturn.FunctionNotFound : _power(device, pointer);
        }
    }

    /// <summary>Number of instances that a card can be divided into; 0 for a card that is not divided (MIG is off).</summary>
    public uint MigSlots(nint device)
    {
        uint mode = 0;
        uint pending = 0;
        uint slots = 0;
        return _migMode != null && _maxMigCount != null && _migByIndex != null
            && _migMode(device, &mode, &pending) == NvmlReturn.Success && mode == 1
            && _maxMigCount(device, &slots) == NvmlReturn.Success ? slots : 0;
    }

    /// <summary>Handle of an instance of a divided card; slots that are not used are not found.</summary>
    public NvmlReturn MigDevice(nint device, uint slot, out nint instance)
    {
        fixed (nint* pointer = &instance)
        {
            *pointer = 0;
            return _migByIndex == null ? NvmlReturn.FunctionNotFound : _migByIndex(device, slot, pointer);
        }
    }

    /// <summary>Errors of a card's memory, since the driver was loaded, that could not be corrected.</summary>
    public NvmlReturn EccErrors(nint device, out ulong errors)
    {
        fixed (ulong* pointer = &errors)
        {
            *pointer = 0;
            return _eccErrors == null ? NvmlReturn.FunctionNotFound : _eccErrors(device, UncorrectedErrors, SinceDriverLoad, pointer);
        }
    }

    /// <summary>Makes a set of the driver's critical errors (Xid); 0 where the driver tells none.</summary>
    public nint WatchXid(ReadOnlySpan<nint> devices)
    {
        nint set = 0;
        if (_eventSetCreate == null || _registerEvents == null || _eventSetWait == null || _eventSetFree == null || _eventSetCreate(&set) != NvmlReturn.Success)
        {
            return 0;
        }

        foreach (var device in devices)
        {
            _ = _registerEvents(device, XidEvents, set);
        }

        return set;
    }

    /// <summary>The next critical error that has happened; false when there is none.</summary>
    public bool TryTakeXid(nint set, out nint device, out ulong xid)
    {
        NvmlEventData data = default;
        var happened = set != 0 && _eventSetWait(set, &data, 0) == NvmlReturn.Success;
        (device, xid) = (data.Device, data.Data);
        return happened;
    }

    /// <summary>Ends what <see cref="WatchXid"/> began.</summary>
    public void UnwatchXid(nint set)
    {
        if (set != 0)
        {
            _ = _eventSetFree(set);
        }
    }

    /// <summary>Adds a card's identity to a hash (FNV-1a), without making a string of it.</summary>
    public ulong HashUuid(nint device, ulong hash)
    {
        var buffer = stackalloc byte[NameBytes];
        var result = _uuid == null ? NvmlReturn.FunctionNotFound : _uuid(device, buffer, NameBytes);
        hash = Hash(hash, (byte)result);
        for (var i = 0; result == NvmlReturn.Success && i < NameBytes && buffer[i] != 0; i++)
        {
            hash = Hash(hash, buffer[i]);
        }

        return hash;
    }

    /// <summary>Adds a byte to a hash.</summary>
    public static ulong Hash(ulong hash, byte value) => (hash ^ value) * 0x100_0000_01B3;

    /// <summary>Unloads the library.</summary>
    public void Dispose() => NativeLibrary.Free(_handle);

    private static NvmlReturn Text(delegate* unmanaged<nint, byte*, uint, NvmlReturn> call, nint device, out string text)
    {
        var buffer = stackalloc byte[NameBytes];
        buffer[0] = 0;
        var result = call == null ? NvmlReturn.FunctionNotFound : call(device, buffer, NameBytes);
        var bytes = new ReadOnlySpan<byte>(buffer, NameBytes);
        var end = bytes.IndexOf((byte)0);
        text = result == NvmlReturn.Success ? Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]) : "";
        return result;
    }

    private nint Symbol(string name) => NativeLibrary.TryGetExport(_handle, name, out var address) ? address : 0;
}
