namespace Opsen.Gateway.Listeners.Tls;

/// <summary>Looks every few seconds whether certificates were replaced. Not by the system's notifications, which network file systems and the links of mounted
/// secrets do not give.</summary>
internal sealed class CertificateRefresh(CertificateStore certificates, TimeProvider time) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(CertificateStore.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            certificates.Refresh();
        }
    }
}
