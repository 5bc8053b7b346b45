using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Geo;
using Opsen.Agent.Identity;
using Opsen.Agent.Reporting;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Tests.Doubles;

/// <summary>
/// The reporting half of the agent over sensors that the test sets. Samples have a clock of their own that stands still, so they stay fresh while
/// the test lets the pauses of the reports pass.
/// </summary>
internal sealed class ReportHarness : IAsyncDisposable
{
    private readonly FakeTimeProvider _sampleTime = new();
    private readonly FakeCpuSensor _cpu = new();
    private readonly HttpClient _http;
    private readonly ReportService _service;
    private readonly HostLoad _host;
    private readonly DiskLoad _disk;
    private readonly GpuLoad _gpus;
    private readonly ChangeWatch _watch;

    public ReportHarness(AgentOptions options, int cores = 2)
    {
        _host = new HostLoad(
            new HostSensors(_cpu, Memory, Disk, new NoPressure()), TimeSpan.FromMinutes(15), null, _sampleTime, NullLogger<HostLoad>.Instance);
        _disk = new DiskLoad(Disk, _sampleTime, NullLogger<DiskLoad>.Instance);
        _gpus = new GpuLoad(Gpus, TimeSpan.FromMinutes(15), _sampleTime);
        _http = GatewayConnection.Create(options);
        Report = new HostReport(new ClientIdentity("id-1", IdentityOrigin.Configured, null, []), options, _host, _disk, _gpus, Place, Clock);
        Sample([.. Enumerable.Range(0, cores).Select(core => new CoreCounter(core, 0, 0))]);
        Sample([.. Enumerable.Range(0, cores).Select(core => new CoreCounter(core, 25 * (core + 1), 100 - (25 * (core + 1))))]);
        _watch = new ChangeWatch([_host.AddVitals, _disk.AddVitals, _gpus.AddVitals], options.ReportChangePct, _sampleTime);
        _service = new ReportService(
            Report, Place, _watch, new GatewayClient(_http, options, Clock), new GatewayResilience(Clock, ResilienceLog),
            new ShutdownDrain(new GatewayClient(_http, options, Clock), options, Clock, DrainLog), options, Clock, ServiceLog);
    }

    public ObservedClock Clock { get; } = new();

    public FakeMemorySensor Memory { get; } = new();

    public FakeDiskSensor Disk { get; } = new();

    public FakeGpuSensor Gpus { get; } = new();

    public HostReport Report { get; }

    public HostPlace Place { get; } = new();

    public RecordingLogger<GatewayResilience> ResilienceLog { get; } = new();

    public RecordingLogger<ReportService> ServiceLog { get; } = new();

    public RecordingLogger<ShutdownDrain> DrainLog { get; } = new();

    /// <summary>What an agent of this gateway has.</summary>
    public static AgentOptions Options(ScriptedGateway gateway) => new() { ServerUrl = gateway.Url };

    /// <summary>Starts the agent of a gateway.</summary>
    public static async Task<ReportHarness> StartAsync(ScriptedGateway gateway, Action<AgentOptions>? configure = null)
    {
        var options = Options(gateway);
        configure?.Invoke(options);
        var agent = new ReportHarness(options);
        await agent.StartAsync();
        return agent;
    }

    public void Sample(params CoreCounter[] cores)
    {
        _sampleTime.Advance(TimeSpan.FromSeconds(1));
        _cpu.Cores = [.. cores];
        _ = _host.Sample();
        _ = _disk.Sample();
        _ = _gpus.Sample();
        _watch?.Check();
    }

    public Task StartAsync() => _service.StartAsync(CancellationToken.None);

    public Task StopAsync() => _service.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _service.StopAsync(CancellationToken.None);
        _service.Dispose();
        _http.Dispose();
        _host.Dispose();
    }
}
