using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Opsen.Agent.Sampling;

/// <summary>Runs the samplers while the agent runs.</summary>
internal sealed class SamplingService(HostLoad host, DiskLoad disk, GpuLoad gpus, ChangeWatch watch, ILogger<SamplingService> logger)
    : IHostedService, IDisposable
{
    private readonly List<PacedThread> _threads = [];
    private int _samples;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _threads.Add(new PacedThread("opsen-host", SampleHost, logger));
        _threads.Add(new PacedThread("opsen-disk", disk.Sample, logger));
        _threads.Add(new PacedThread("opsen-gpu", gpus.Sample, logger));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var thread in _threads)
        {
            thread.Dispose();
        }

        _threads.Clear();
    }

    private TimeSpan SampleHost()
    {
        var next = host.Sample();
        if ((_samples++ & 1) == 0)
        {
            watch.Check();
        }

        return next;
    }
}
