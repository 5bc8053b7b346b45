using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Listeners.Tls;

/// <summary>Serves HTTPS with the certificates of the configuration.</summary>
internal static class TlsExtensions
{
    /// <summary>Registers the certificates when there are any.</summary>
    public static IServiceCollection AddConfiguredTls(this IServiceCollection services, ServerOptions options) => options.TlsCertFile.Length == 0 ? services
        : services.AddSingleton<CertificateStore>().AddHostedService<CertificateRefresh>();

    /// <summary>Turns TLS on for a listener when a certificate is configured; else leaves it as plain HTTP.</summary>
    /// <exception cref="InvalidDataException">A file is missing or is not what it should be; the message names it.</exception>
    public static ListenOptions UseConfiguredTls(this ListenOptions listener, ServerOptions options)
    {
        if (options.TlsCertFile.Length == 0)
        {
            return listener;
        }

        var certificates = listener.ApplicationServices.GetRequiredService<CertificateStore>();
        return listener.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = hello => new(certificates.Select(hello.ClientHelloInfo.ServerName)),
            HandshakeTimeout = TimeSpan.FromSeconds(options.ReadHeaderTimeoutSeconds),
        });
    }
}
