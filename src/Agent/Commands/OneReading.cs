using Microsoft.Extensions.Logging;
using Opsen.Agent.Geo;
using Opsen.Agent.Identity;
using Opsen.Agent.Reporting;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Commands;

/// <summary>What the sensors tell within a second: cores need two readings. A disk or a driver that hangs is left out.</summary>
internal sealed class OneReading : IDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly List<Task> _slow = [];

    /// <summary>Makes one over the given sensors.</summary>
    public OneReading(AgentOptions options, HostPaths paths, HostSensors sensors, ILoggerFactory loggers, TimeProvider time)
    {
        _time = time;
        var window = TimeSpan.FromMinutes(options.WindowMinutes);
        Host = new HostLoad(sensors, window, CoreList.Parse(options.Cores) is { Count: > 0 } cores ? cores : null, time, loggers.CreateLogger<HostLoad>());
        Disk = new DiskLoad(sensors.Disk, time, loggers.CreateLogger<DiskLoad>());
        Gpus = new GpuLoad(HostSensors.CreateGpus(paths, time, loggers), window, time);
        Report = new HostReport(new ClientIdentity(options.ClientId, IdentityOrigin.Configured, null, []), options, Host, Disk, Gpus, new HostPlace(), time);
    }

    /// <summary>Cores and memory.</summary>
    public HostLoad Host { get; }

    /// <summary>The disk.</summary>
    public DiskLoad Disk { get; }

    /// <summary>The cards.</summary>
    public GpuLoad Gpus { get; }

    /// <summary>What would be sent.</summary>
    public HostReport Report { get; }

    /// <summary>Takes the readings.</summary>
    public async Task TakeAsync()
    {
        // Each on a thread of its own, which the end of the process does not wait for.
        _slow.Add(Task.Factory.StartNew(Disk.Sample, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        _slow.Add(Task.Factory.StartNew(Gpus.Sample, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        _ = Host.Sample();
        await Task.Delay(Between, _time);
        _ = Host.Sample();
        _ = await Task.WhenAny(Task.WhenAll(_slow), Task.Delay(Patience, _time));
    }

    /// <inheritdoc/>
    public void Dispose() => Host.Dispose();
}
