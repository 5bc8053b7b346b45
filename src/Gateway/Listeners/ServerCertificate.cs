using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Listeners;

/// <summary>Serves HTTPS with the certificate of <c>tls_cert_file</c> and <c>tls_key_file</c>.</summary>
internal static class ServerCertificate
{
    /// <summary>Turns TLS on for a listener when a certificate is configured; else leaves it as plain HTTP.</summary>
    /// <exception cref="InvalidDataException">A file is missing or is not what it should be; the message names it.</exception>
    public static ListenOptions UseConfiguredTls(this ListenOptions listener, ServerOptions options)
    {
        if (options.TlsCertFile.Length == 0)
        {
            return listener;
        }

        var chain = LoadChain(options.TlsCertFile);
        return listener.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = LoadLeaf(options.TlsCertFile, options.TlsKeyFile),
            ServerCertificateChain = chain,
        });
    }

    /// <summary>The server's own certificate with its key.</summary>
    private static X509Certificate2 LoadLeaf(string certificateFile, string keyFile)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            if (!OperatingSystem.IsWindows())
            {
                return certificate;
            }

            // Windows' TLS cannot use a key that lives only in memory; the PKCS #12 round trip gives it a handle that it can.
            using (certificate)
            {
                return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
            }
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"tls_cert_file '{certificateFile}' and tls_key_file '{keyFile}' must be a PEM certificate and its unencrypted PEM key: {exception.Message}", exception);
        }
    }

    /// <summary>Every certificate in the file, so that clients also get the intermediate ones.</summary>
    private static X509Certificate2Collection LoadChain(string certificateFile)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            return chain;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"tls_cert_file '{certificateFile}' must be a readable PEM file: {exception.Message}", exception);
        }
    }
}
