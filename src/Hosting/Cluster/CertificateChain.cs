using System.Security.Cryptography.X509Certificates;

namespace Opsen.Hosting.Cluster;

/// <summary>Whether a certificate comes from authorities of our own.</summary>
public static class CertificateChain
{
    /// <summary>Whether one of these authorities, and no other, has signed the certificate, itself or through those between, and it is valid now.</summary>
    public static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
