using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.System.Tests.Harness;

/// <summary>A self-signed certificate for 127.0.0.1, in files.</summary>
internal sealed class TestCertificate : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Makes one.</summary>
    public TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(global::System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        CertificateFile = _folder.Write("tls.crt", certificate.ExportCertificatePem());
        KeyFile = _folder.Write("tls.key", key.ExportPkcs8PrivateKeyPem());
    }

    private string CertificateFile { get; }

    private string KeyFile { get; }

    /// <summary>Makes a deployment use it.</summary>
    public void Configure(ServerSettings settings)
    {
        settings["tls_cert_file"] = $"'{CertificateFile}'";
        settings["tls_key_file"] = $"'{KeyFile}'";
    }

    /// <inheritdoc />
    public void Dispose() => _folder.Dispose();
}
