
namespace Opsen.Grains.Backends.Probing;

/// <summary>The silo's one probe, of the configured type.</summary>
internal sealed class ProbeFactory(GrainSettings settings, TimeProvider time) : IDisposable
{
    private readonly Lazy<IHostProbe> _probe = new(() => Create(settings, time));

    /// <summary>The probe. Only to be asked for when health checks are on.</summary>
    public IHostProbe Probe => _probe.Value;

    public void Dispose()
    {
        if (_probe.IsValueCreated)
        {
            (_probe.Value as IDisposable)?.Dispose();
        }
    }

    private static IHostProbe Create(GrainSettings settings, TimeProvider time) => settings.HealthChecks switch
    {
        null => throw new InvalidOperationException("Health checks are off."),
        { UseHttp: true } checks => new HttpProbe(checks.Path, checks.Timeout, checks.SkipCertificateCheck, settings.Networks, time),
        var checks => new TcpProbe(checks.Timeout, settings.Networks, time),
    };
}
