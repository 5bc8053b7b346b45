using System.Security.Cryptography.X509Certificates;

namespace Opsen.Hosting.Cluster;

/// <summary>Who is a member of the cluster: who shows a certificate that one of its authorities has signed. Says so when somebody else does.</summary>
internal sealed partial class ClusterTrust(X509Certificate2Collection authorities, string authoritiesFile) : IHostedService
{
    /// <summary>One who is refused tries again and again.</summary>
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(30);

    private ILogger? _logger;
    private long _loggedAt = -(long)LogInterval.TotalMilliseconds;

    /// <summary>Whether a certificate is a member's.</summary>
    public bool IsMember(X509Certificate2 certificate) => CertificateChain.IsSignedBy(certificate, authorities);

    /// <summary>The same for somebody at the other end of a connection.</summary>
    public bool Accepts(X509Certificate2 certificate)
    {
        var isMember = IsMember(certificate);
        var now = Environment.TickCount64;
        if (!isMember && _logger is { } logger && now - Interlocked.Read(ref _loggedAt) > (long)LogInterval.TotalMilliseconds)
        {
            Interlocked.Exchange(ref _loggedAt, now);
            LogRefused(logger, certificate.Subject, certificate.Issuer, authoritiesFile);
        }

        return isMember;
    }

    /// <summary>From now on refusals are logged.</summary>
    public ClusterTrust With(ILogger<ClusterTrust> logger)
    {
        _logger = logger;
        return this;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(524, LogLevel.Warning,
        "A silo or gateway with the certificate {Subject} of {Issuer} was refused: no authority in {Authorities} has signed it, or it is not valid now. Correct cluster_tls_cert_file there or cluster_tls_ca_file here")]
    private static partial void LogRefused(ILogger logger, string subject, string issuer, string authorities);
}
