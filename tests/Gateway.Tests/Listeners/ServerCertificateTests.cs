using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Listeners;

public sealed class ServerCertificateTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task UseConfiguredTls_PemFiles_ServesHttpsWithTransportSecurity()
    {
        var (certificate, key) = WritePair("gateway.test");
        await using var host = await EdgeHost.StartAsync(options =>
        {
            options.TlsCertFile = certificate;
            options.TlsKeyFile = key;
        });

        using var response = await host.Client.GetAsync("/health");

        Assert.Equal("https", host.Address.Scheme);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("max-age=31536000; includeSubDomains", Assert.Single(response.Headers.GetValues("Strict-Transport-Security")));
        Assert.Equal("CN=gateway.test", await SubjectAsync(host.Address));
    }

    [Fact]
    public async Task UseConfiguredTls_KeyOfAnotherCertificate_StopsTheStart()
    {
        var (certificate, _) = WritePair("one.test");
        var (_, key) = WritePair("two.test");

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => EdgeHost.StartAsync(options =>
        {
            options.TlsCertFile = certificate;
            options.TlsKeyFile = key;
        }));

        Assert.Contains("tls_key_file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseConfiguredTls_NoCertificateInTheFile_StopsTheStart()
    {
        var file = _directory.Write("empty.pem", "");

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => EdgeHost.StartAsync(options =>
        {
            options.TlsCertFile = file;
            options.TlsKeyFile = file;
        }));

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private static async Task<string> SubjectAsync(Uri address)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "gateway.test", EnabledSslProtocols = SslProtocols.None });
        return tls.RemoteCertificate!.Subject;
    }

    private (string Certificate, string Key) WritePair(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var files = (_directory.File($"{name}.crt"), _directory.File($"{name}.key"));
        File.WriteAllText(files.Item1, certificate.ExportCertificatePem());
        File.WriteAllText(files.Item2, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
