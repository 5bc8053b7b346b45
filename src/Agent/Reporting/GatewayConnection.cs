using System.Net.Security;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Tls;

namespace Opsen.Agent.Reporting;

/// <summary>Makes the HTTP client for the gateway.</summary>
internal static class GatewayConnection
{
    private const int MaxAnswerBytes = 64 * 1024;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // Shorter than the 120 s after which the gateway closes an idle connection, longer than the usual minute between reports.
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(100);

    // A gateway that moves to another address is found by its name again.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Makes the client. It follows no redirects: a POST would become a GET.</summary>
    public static HttpClient Create(AgentOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionIdleTimeout = IdleTimeout,
            PooledConnectionLifetime = Lifetime,
        };
        if (options.InsecureTls)
        {
            // CA5359 warns of this for good reason; it is what insecure_tls asks for, and the agent says so at every start.
#pragma warning disable CA5359
            handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true };
#pragma warning restore CA5359
        }

        if (options.ClientCertFile.Length > 0)
        {
            // Read for each connection, so that a certificate that was renewed is used without a restart. Disposed of by nobody: the handshake needs it longer.
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => PemCertificate.Load(options.ClientCertFile, options.ClientKeyFile);
        }

        return new HttpClient(handler) { Timeout = CallTimeout, MaxResponseContentBufferSize = MaxAnswerBytes };
    }
}
