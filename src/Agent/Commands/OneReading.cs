using Opsen.Agent.Reporting;
using Opsen.Agent.Sampling;

namespace Opsen.Agent.Commands;

/// <summary>What the sensors tell within a second: cores need two readings. A disk or a driver that hangs is left out.</summary>
internal sealed class OneReading(HostLoad host, DiskLoad disk, GpuLoad gpus, HostReport report, TimeProvider time)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Cores and memory.</summary>
    public HostLoad Host => host;

    /// <summary>The disk.</summary>
    public DiskLoad Disk => disk;

    /// <summary>The cards.</summary>
    public GpuLoad Gpus => gpus;

    /// <summary>What would be sent.</summary>
    public HostReport Report => report;

    /// <summary>Takes the readings.</summary>
    public async Task TakeAsync()
    {
        // Each on a thread of its own, which the end of the process does not wait for.
        var slow = Task.WhenAll(Start(disk.Sample), Start(gpus.Sample));
        _ = host.Sample();
        await Task.Delay(Between, time);
        _ = host.Sample();
        _ = await Task.WhenAny(slow, Task.Delay(Patience, time));
    }

    private static Task<TimeSpan> Start(Func<TimeSpan> sample) =>
        Task.Factory.StartNew(sample, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
