namespace Opsen.Agent.Sensors.Linux;

/// <summary>Reads the file system of any path with statvfs(3), which is what <see cref="DriveInfo"/> calls here.</summary>
internal sealed class StatvfsDiskSensor(HostPaths paths, string diskPath) : IDiskSensor
{
    private readonly DriveInfo _drive = new(paths.OnHost(diskPath));

    /// <inheritdoc/>
    public string Path { get; } = paths.OnHost(diskPath);

    /// <inheritdoc/>
    public bool TryRead(out DiskReading reading, out string? error)
    {
        try
        {
            reading = new DiskReading(_drive.TotalSize, _drive.TotalFreeSpace, _drive.AvailableFreeSpace);
            error = reading.TotalBytes > 0 ? null : "the file system has no size";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            reading = default;
            error = exception.Message;
        }

        return error is null;
    }
}
