namespace Opsen.Agent.Sensors.Linux;

/// <summary>Reads the cores' counters from <c>/proc/stat</c>, in clock ticks.</summary>
internal sealed class ProcStatSensor(HostPaths paths) : ICpuSensor
{
    // The lines of the cores come first: this holds about 400 of them, and what follows is not wanted.
    private const int BufferBytes = 32 * 1024;
    private const int MaxBufferBytes = 4 * 1024 * 1024;

    private readonly ProcFile _file = new(Path.Join(paths.Proc, "stat"), BufferBytes);

    /// <inheritdoc/>
    /// <remarks>USER_HZ, which is 100 on every architecture that .NET runs on.</remarks>
    public double UnitsPerSecond => 100;

    /// <inheritdoc/>
    public bool TryRead(CoreCounters counters)
    {
        counters.Clear();
        while (_file.TryRead(out var content, out var truncated))
        {
            if (ProcStatParser.Parse(content, counters) || !truncated || content.Length >= MaxBufferBytes)
            {
                return counters.Count > 0;
            }

            counters.Clear();
            _file.Grow();
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
