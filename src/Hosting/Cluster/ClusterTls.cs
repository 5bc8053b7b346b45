using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Opsen.Hosting.Startup;
using Opsen.Protocol.Configuration;
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
            silo.UseTls(LoadCertificate(options), Configure(options));
        }
    }

    /// <summary>Encrypts a gateway's connections, if the configuration has certificates.</summary>
    public static void Use(IClientBuilder client, ServerOptions options)
    {
        if (options.ClusterTlsCertFile.Length > 0)
        {
            client.UseTls(LoadCertificate(options), Configure(options));
        }
    }

    private static Action<TlsOptions> Configure(ServerOptions options)
    {
        var authorities = Load(options.ClusterTlsCaFile, "certificates", static path =>
        {
            var read = new X509Certificate2Collection();
            read.ImportFromPemFile(path);
            return read.Count > 0 ? read : throw new CryptographicException("it has no certificate");
        });
        return tls =>
        {
            tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
            tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
            tls.CheckCertificateRevocation = false;
            tls.RemoteCertificateValidation = (certificate, _, _) => IsMember(certificate, authorities);
            tls.OnAuthenticateAsClient = static (_, client) => client.TargetHost = "opsen";
        };
    }

    private static bool IsMember(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    private static X509Certificate2 LoadCertificate(ServerOptions options)
    {
        var certificate = Load(options.ClusterTlsCertFile, "a certificate", path =>
        {
            using var pem = X509Certificate2.CreateFromPemFile(path, options.ClusterTlsKeyFile);

            // Through PKCS #12, because Windows cannot use a key that is in memory only.
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        });
        var authorities = Load(options.ClusterTlsCaFile, "certificates", static path =>
        {
            var read = new X509Certificate2Collection();
            read.ImportFromPemFile(path);
            return read;
        });
        return IsMember(certificate, authorities)
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
