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
