using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Examples.LocalCluster.Nodes;

/// <summary>A certificate authority of the cluster's own, and what it signs for the members.</summary>
internal sealed class ClusterCertificates : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private readonly TemporaryFolder _folder;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private readonly string _authorityFile;

    /// <summary>Makes an authority; its files go into a folder.</summary>
    public ClusterCertificates(TemporaryFolder folder, string name = "authority")
    {
        _folder = folder;
        var request = new CertificateRequest($"CN=Opsen {name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow + Lifetime);
        _authorityFile = folder.Write($"{name}.crt", _authority.ExportCertificatePem());
    }

    /// <summary>Signs a certificate for a member, and returns the lines of <c>server.yml</c> that name it.</summary>
    public string SettingsFor(string member)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={member}", key, HashAlgorithmName.SHA256);
        using var signed = request.Create(_authority, _authority.NotBefore, _authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        return $"""
            cluster_tls_cert_file: {_folder.Write($"{member}.crt", signed.ExportCertificatePem())}
            cluster_tls_key_file: {_folder.Write($"{member}.key", key.ExportPkcs8PrivateKeyPem())}
            cluster_tls_ca_file: {_authorityFile}
            """;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }
}
