using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Opsen.Tests.Support;

/// <summary>Makes certificates as PEM files in a folder.</summary>
internal sealed class CertificateFactory(string folder) : IDisposable
{
    private readonly Dictionary<string, X509Certificate2> _authorities = [];

    /// <summary>Makes an authority and returns its file.</summary>
    public string Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var authority = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-2), TimeProvider.System.GetUtcNow().AddDays(2));
        _authorities[name] = authority;
        return Write($"{name}.ca.crt", authority.ExportCertificatePem());
    }

    /// <summary>Makes a certificate for host names, the first of which is its common name too.</summary>
    /// <param name="file">The files' name without its ending. What is there is replaced.</param>
    /// <param name="names">The names; none for a client's, which is called as its file.</param>
    /// <param name="authority">Who signs it; null for itself.</param>
    /// <param name="days">Until when it is valid, in days from now.</param>
    public (string Certificate, string Key) Pair(string file, string[] names, string? authority = null, double days = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names.FirstOrDefault() ?? file}", key, HashAlgorithmName.SHA256);
        if (names.Length > 0)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            Array.ForEach(names, alternatives.AddDnsName);
            request.CertificateExtensions.Add(alternatives.Build());
        }

        var (from, to) = (TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(days));
        using var certificate = authority is null ? request.CreateSelfSigned(from, to)
            : request.Create(_authorities[authority], from, to, RandomNumberGenerator.GetBytes(8));
        return (Write($"{file}.crt", certificate.ExportCertificatePem()), Write($"{file}.key", key.ExportPkcs8PrivateKeyPem()));
    }

    public void Dispose()
    {
        foreach (var authority in _authorities.Values)
        {
            authority.Dispose();
        }
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
