namespace Opsen.Agent.Sensors;

/// <summary>Reads the file system that holds <c>disk_path</c>. A reading may block for as long as a dead mount does.</summary>
internal interface IDiskSensor
{
    /// <summary>The path that is read, as the system sees it.</summary>
    string Path { get; }

    /// <summary>Reads the present state.</summary>
    /// <param name="reading">The state.</param>
    /// <param name="error">Why there is none; null on success.</param>
    /// <returns>False when the file system cannot be read.</returns>
    bool TryRead(out DiskReading reading, out string? error);
}

/// <summary>State of a file system: 0 ≤ available ≤ free ≤ total.</summary>
/// <param name="TotalBytes">Its size.</param>
/// <param name="FreeBytes">What no file uses.</param>
/// <param name="AvailableBytes">What an ordinary user may still write; less than free where a part is kept for root.</param>
internal readonly record struct DiskReading(long TotalBytes, long FreeBytes, long AvailableBytes)
{
    /// <summary>The most that is told, half an exabyte: network file systems call themselves as large as a number can be.</summary>
    public const long MaxBytes = 1L << 59;

    /// <summary>The state from what a file system says, which may be anything: sizes beyond what a number holds, less than nothing free, more free than there
    /// is.</summary>
    /// <param name="blockBytes">Size of a block.</param>
    /// <param name="blocks">All blocks.</param>
    /// <param name="free">Free blocks.</param>
    /// <param name="available">Blocks that an ordinary user may take.</param>
    public static DiskReading FromBlocks(ulong blockBytes, ulong blocks, ulong free, ulong available)
    {
        var freeBlocks = Part(free, blocks);
        return new DiskReading(Bytes(blocks), Bytes(freeBlocks), Bytes(Part(available, freeBlocks)));

        long Bytes(ulong count) => (long)UInt128.Min((UInt128)blockBytes * count, MaxBytes);

        // Below zero shows as above the greatest signed number.
        static ulong Part(ulong part, ulong whole) => part > long.MaxValue && whole <= long.MaxValue ? 0 : Math.Min(part, whole);
    }
}
