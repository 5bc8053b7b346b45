using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Opsen.Hosting.Startup;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Tls;
using Orleans.Connections.Security;

namespace Opsen.Hosting.Cluster;

/// <summary>TLS between silos and gateways. Both sides show a certificate, and accept what the cluster's own authorities have signed: addresses come from the
/// membership table, so the certificate proves membership, not a name.</summary>
internal static class ClusterTls
{
    /// <summary>Encrypts a silo's connections, if the configuration has certificates.</summary>
    public static void Use(ISiloBuilder silo, ServerOptions options)
    {
        if (options.ClusterTlsCertFile.Length > 0)
        {
            var trust = LoadTrust(options);
            silo.UseTls(LoadCertificate(options, trust), Configure(silo.Services, trust));
        }
    }

    /// <summary>Encrypts a gateway's connections, if the configuration has certificates.</summary>
    public static void Use(IClientBuilder client, ServerOptions options)
    {
        if (options.ClusterTlsCertFile.Length > 0)
        {
            var trust = LoadTrust(options);
            client.UseTls(LoadCertificate(options, trust), Configure(client.Services, trust));
        }
    }

    private static Action<TlsOptions> Configure(IServiceCollection services, ClusterTrust trust)
    {
        services.AddHostedService(provider => trust.With(provider.GetRequiredService<ILogger<ClusterTrust>>()));
        return tls =>
        {
            tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
            tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
            tls.CheckCertificateRevocation = false;
            tls.RemoteCertificateValidation = (certificate, _, _) => trust.Accepts(certificate);
            tls.OnAuthenticateAsClient = static (_, client) => client.TargetHost = "opsen";
        };
    }

    private static ClusterTrust LoadTrust(ServerOptions options) => new(
        Load(options.ClusterTlsCaFile, "certificates", static path =>
        {
            var read = new X509Certificate2Collection();
            read.ImportFromPemFile(path);
            return read.Count > 0 ? read : throw new CryptographicException("it has no certificate");
        }),
        options.ClusterTlsCaFile);

    private static X509Certificate2 LoadCertificate(ServerOptions options, ClusterTrust trust)
    {
        var certificate = Load(options.ClusterTlsCertFile, "a certificate", path => PemCertificate.Load(path, options.ClusterTlsKeyFile));
        return trust.IsMember(certificate)
            ? certificate
            : throw new CertificateException(
                $"The certificate {options.ClusterTlsCertFile} is not valid now, or not signed by an authority in {options.ClusterTlsCaFile}, so no other member would accept it. Sign it by the cluster's authority, or correct cluster_tls_ca_file.");
    }

    private static T Load<T>(string path, string kind, Func<string, T> load)
    {
        try
        {
            return load(path);
        }
        catch (CryptographicException error)
        {
            throw new CertificateException($"{path} cannot be used as {kind} of the cluster: {error.Message}. Check cluster_tls_cert_file, cluster_tls_key_file and cluster_tls_ca_file.", error);
        }
    }
}
