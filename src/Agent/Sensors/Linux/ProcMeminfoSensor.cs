using System.Buffers.Text;

namespace Opsen.Agent.Sensors.Linux;

/// <summary>Reads <c>MemTotal</c> and <c>MemAvailable</c> from <c>/proc/meminfo</c>. The cache of ZFS is not in it, although it shrinks when programs need
/// memory, down to a least size: it counts as available down to that.</summary>
internal sealed class ProcMeminfoSensor(HostPaths paths) : IMemorySensor
{
    private const int BufferBytes = 8 * 1024;

    private readonly ProcFile _file = new(Path.Join(paths.Proc, "meminfo"), BufferBytes);
    private readonly ProcFile? _arc = OpenArc(Path.Join(paths.Proc, "spl", "kstat", "zfs", "arcstats"));

    /// <inheritdoc/>
    public bool TryRead(out MemoryReading reading)
    {
        reading = default;
        if (!_file.TryRead(out var content, out _) || !TryParse(content, out reading))
        {
            return false;
        }

        if (_arc is not null && _arc.TryRead(out content, out _))
        {
            reading = reading with { AvailableBytes = Math.Min(reading.TotalBytes, reading.AvailableBytes + ParseArc(content)) };
        }

        return true;
    }

    /// <summary>What the cache of ZFS could give back, bytes: <c>size</c> less <c>c_min</c> of <c>arcstats</c>, whose lines are name, type and value.</summary>
    public static long ParseArc(ReadOnlySpan<byte> content)
    {
        long size = 0;
        long least = 0;
        foreach (var range in content.Split((byte)'\n'))
        {
            var line = content[range];
            if (line.StartsWith("size "u8))
            {
                size = LastNumber(line);
            }
            else if (line.StartsWith("c_min "u8))
            {
                least = LastNumber(line);
            }
        }

        return Math.Max(0, size - least);
    }

    /// <summary>
    /// Parses the file. Kernels before 3.14 do not tell what is available; free + buffers + page cache + reclaimable slab − shared memory comes
    /// near to it (shared memory is in the page cache but cannot be dropped).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> content, out MemoryReading reading)
    {
        reading = default;
        if (!TryFind(content, "MemTotal:"u8, out var total) || total == 0)
        {
            return false;
        }

        if (!TryFind(content, "MemAvailable:"u8, out var available))
        {
            if (!TryFind(content, "MemFree:"u8, out var free))
            {
                return false;
            }

            _ = TryFind(content, "Buffers:"u8, out var buffers);
            _ = TryFind(content, "Cached:"u8, out var cached);
            _ = TryFind(content, "SReclaimable:"u8, out var reclaimable);
            _ = TryFind(content, "Shmem:"u8, out var shared);
            available = free + buffers + cached + reclaimable - shared;
        }

        reading = new MemoryReading(total, Math.Clamp(available, 0, total));
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _arc?.Dispose();
    }

    private static ProcFile? OpenArc(string path) => File.Exists(path) ? new ProcFile(path, BufferBytes) : null;

    private static long LastNumber(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line[(line.LastIndexOf((byte)' ') + 1)..], out long value, out _) ? Math.Max(0, value) : 0;

    private static bool TryFind(ReadOnlySpan<byte> content, ReadOnlySpan<byte> key, out long bytes)
    {
        bytes = 0;
        while (!content.StartsWith(key))
        {
            var end = content.IndexOf((byte)'\n');
            if (end < 0)
            {
                return false;
            }

            content = content[(end + 1)..];
        }

        if (!Utf8Parser.TryParse(content[key.Length..].TrimStart((byte)' '), out long kibibytes, out _) || kibibytes is < 0 or > long.MaxValue / 1024)
        {
            return false;
        }

        bytes = kibibytes * 1024;
        return true;
    }
}
