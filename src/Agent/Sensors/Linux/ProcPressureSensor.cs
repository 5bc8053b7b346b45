using System.Buffers.Text;

namespace Opsen.Agent.Sensors.Linux;

/// <summary>Reads the pressure stall information of Linux 4.20 and newer, <c>/proc/pressure/{cpu,memory,io}</c>: <c>some avg10=… total=123</c>. Some
/// distributions turn it on only by <c>psi=1</c>.</summary>
internal sealed class ProcPressureSensor(HostPaths paths) : IPressureSensor
{
    private const int BufferBytes = 512;

    private readonly ProcFile _cpu = Open(paths, "cpu");
    private readonly ProcFile _memory = Open(paths, "memory");
    private readonly ProcFile _io = Open(paths, "io");
    private bool _isAbsent;

    /// <inheritdoc/>
    public bool TryRead(out PressureReading reading)
    {
        reading = default;
        if (_isAbsent || !TryRead(_cpu, out var cpu) || !TryRead(_memory, out var memory) || !TryRead(_io, out var io))
        {
            // The kernel does not get it later, and opening a file that is not there costs an exception.
            _isAbsent = true;
            return false;
        }

        reading = new PressureReading(cpu, memory, io);
        return true;
    }

    /// <summary>Finds the total in the line of some programs.</summary>
    public static bool TryParse(ReadOnlySpan<byte> content, out long total)
    {
        total = 0;
        var end = content.IndexOf((byte)'\n');
        var line = end < 0 ? content : content[..end];
        var at = line.IndexOf("total="u8);
        return line.StartsWith("some "u8) && at > 0 && Utf8Parser.TryParse(line[(at + "total="u8.Length)..], out total, out _) && total >= 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cpu.Dispose();
        _memory.Dispose();
        _io.Dispose();
    }

    private static ProcFile Open(HostPaths paths, string resource) => new(Path.Join(paths.Proc, "pressure", resource), BufferBytes);

    private static bool TryRead(ProcFile file, out long total)
    {
        total = 0;
        return file.TryRead(out var content, out _) && TryParse(content, out total);
    }
}
