using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Opsen.Protocol.Tls;

/// <summary>A certificate with its private key from PEM files.</summary>
public static class PemCertificate
{
    /// <summary>Reads the files.</summary>
    /// <param name="certificateFile">The certificate; others behind it are left out.</param>
    /// <param name="keyFile">Its key, unencrypted.</param>
    /// <exception cref="CryptographicException">The files are no such pair.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static X509Certificate2 Load(string certificateFile, string keyFile)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        }
        catch (ArgumentException error)
        {
            throw new CryptographicException(error.Message, error);
        }

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
}
