using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Tls;

namespace Opsen.Gateway.Listeners.Tls;

/// <summary>Reads a certificate with its chain and key from PEM files.</summary>
internal static class CertificateFiles
{
    /// <summary>The contents of a file, so that another one at its place is told apart; empty when it cannot be read.</summary>
    public static byte[] Digest(string file)
    {
        try
        {
            return SHA256.HashData(File.ReadAllBytes(file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Reads a pair of files.</summary>
    /// <exception cref="InvalidDataException">A file is missing or is not what it should be; the message names it.</exception>
    public static ServedCertificate Load(CertificateOptions files)
    {
        var leaf = LoadLeaf(files);
        return new ServedCertificate(files, leaf, SslStreamCertificateContext.Create(leaf, LoadAll(files.CertFile), offline: true), NamesOf(leaf));
    }

    /// <summary>Every certificate in a file.</summary>
    /// <exception cref="InvalidDataException">The file is missing, or has no certificates.</exception>
    public static X509Certificate2Collection LoadAll(string file)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(file);
            return all.Count > 0 ? all : throw new CryptographicException("it has no certificate");
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"'{file}' must be a readable PEM file with certificates: {exception.Message}", exception);
        }
    }

    /// <summary>The names in a certificate (RFC 9525): its alternative names, else its common name.</summary>
    private static string[] NamesOf(X509Certificate2 certificate)
    {
        var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(static one => one.EnumerateDnsNames()).ToArray();
        return alternatives.Length > 0 ? alternatives : [certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false)];
    }

    private static X509Certificate2 LoadLeaf(CertificateOptions files)
    {
        try
        {
            return PemCertificate.Load(files.CertFile, files.KeyFile);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"The certificate '{files.CertFile}' and the key '{files.KeyFile}' (tls_cert_file and tls_key_file, or an entry of tls_certificates) must be a PEM certificate and its unencrypted PEM key: {exception.Message}",
                exception);
        }
    }
}

/// <summary>A certificate that the gateway can show.</summary>
/// <param name="Files">Where it was read.</param>
/// <param name="Leaf">The certificate itself.</param>
/// <param name="Context">With its chain, prepared for handshakes.</param>
/// <param name="Names">The host names in it; the first label may be <c>*</c>.</param>
internal sealed record ServedCertificate(CertificateOptions Files, X509Certificate2 Leaf, SslStreamCertificateContext Context, IReadOnlyList<string> Names);
