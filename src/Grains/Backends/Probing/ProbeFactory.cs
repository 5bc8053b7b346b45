
namespace Opsen.Grains.Backends.Probing;

/// <summary>The silo's one probe, of the configured type.</summary>
internal sealed class ProbeFactory(GrainSettings settings, TimeProvider time) : IDisposable
{
    private readonly Lazy<IHostProbe> _probe = new(() => Create(settings.HealthChecks, time));

    /// <summary>The probe. Only to be asked for when health checks are on.</summary>
    public IHostProbe Probe => _probe.Value;

    public void Dispose()
    {
        if (_probe.IsValueCreated)
        {
            (_probe.Value as IDisposable)?.Dispose();
        }
    }

    private static IHostProbe Create(HealthCheckSettings? checks, TimeProvider time) => checks switch
    {
        null => throw new InvalidOperationException("Health checks are off."),
        { UseHttp: true } => new HttpProbe(checks.Path, checks.Timeout, checks.SkipCertificateCheck, time),
        _ => new TcpProbe(checks.Timeout, time),
    };
}
