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

/// <summary>State of a file system.</summary>
/// <param name="TotalBytes">Its size.</param>
/// <param name="FreeBytes">What no file uses.</param>
/// <param name="AvailableBytes">What an ordinary user may still write; less than free where a part is kept for root.</param>
internal readonly record struct DiskReading(long TotalBytes, long FreeBytes, long AvailableBytes);
