using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Listeners.Tls;

/// <summary>
/// The gateway's certificates and the authorities of its clients' ones. Files are read again when they have changed: new connections get the new certificate,
/// those that are open go on. While what is in the files cannot be used (a certificate without its key yet), what was there before stays.
/// </summary>
internal sealed partial class CertificateStore
{
    private readonly CertificateOptions[] _files;
    private readonly string _clientCaFile;
    private readonly ILogger<CertificateStore> _logger;
    private byte[] _seen;
    private volatile Served _served;

    /// <summary>Reads the files.</summary>
    /// <exception cref="InvalidDataException">A file is missing or is not what it should be; the message names it.</exception>
    public CertificateStore(ServerOptions options, ILogger<CertificateStore> logger)
    {
        _files = [new CertificateOptions(options.TlsCertFile, options.TlsKeyFile), .. options.TlsCertificates];
        (_clientCaFile, _logger) = (options.ClientCaFile, logger);
        (_seen, _served) = (Digest(), Load());
    }

    /// <summary>Authenticated encryption with forward secrecy alone: what TLS 1.3 has, and of TLS 1.2 what it has kept. On Windows the system
    /// decides.</summary>
    private static readonly CipherSuitesPolicy? Ciphers = OperatingSystem.IsWindows() ? null : new CipherSuitesPolicy(
    [
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ]);

    /// <summary>How often the files are looked at.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(5);

    /// <summary>The authorities whose signature makes a client's certificate count; null when none is asked for.</summary>
    public X509Certificate2Collection? ClientAuthorities => _served.ClientAuthorities;

    /// <summary>What a client gets that asks for a name: the certificate with exactly that name, else the one with a wildcard for it, else the first.</summary>
    /// <param name="name">The name of the client's hello; null or empty for none.</param>
    public SslServerAuthenticationOptions Select(string? name)
    {
        var served = _served;
        if (string.IsNullOrEmpty(name) || served.ByName.Count == 0)
        {
            return served.Default;
        }

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return served.ByName.TryGetValue(name, out var exact) ? exact
            : dot > 0 && served.ByName.TryGetValue($"*{name[dot..]}", out var wildcard) ? wildcard
            : served.Default;
    }

    /// <summary>Reads the files again if they have changed.</summary>
    public void Refresh()
    {
        var digest = Digest();
        if (digest.AsSpan().SequenceEqual(_seen))
        {
            return;
        }

        _seen = digest;
        try
        {
            var before = _served;
            _served = Load();
            foreach (var now in _served.Certificates.ExceptBy(before.Certificates.Select(static one => one.Leaf.Thumbprint), static one => one.Leaf.Thumbprint))
            {
                LogReplaced(now.Files.CertFile, string.Join(", ", now.Names), now.Leaf.NotAfter.ToUniversalTime());
            }
        }
        catch (InvalidDataException error)
        {
            LogNotUsable(error.Message);
        }
    }

    private byte[] Digest() =>
    [
        .. _files.SelectMany(static one => (string[])[one.CertFile, one.KeyFile]).Append(_clientCaFile).Where(static file => file.Length > 0)
            .SelectMany(CertificateFiles.Digest),
    ];

    private Served Load()
    {
        var authorities = _clientCaFile.Length > 0 ? CertificateFiles.LoadAll(_clientCaFile) : null;
        var certificates = Array.ConvertAll(_files, CertificateFiles.Load);
        var byName = new Dictionary<string, SslServerAuthenticationOptions>(StringComparer.OrdinalIgnoreCase);
        var options = Array.ConvertAll(certificates, certificate => ToOptions(certificate, authorities));
        foreach (var (certificate, option) in certificates.Zip(options))
        {
            foreach (var name in certificate.Names)
            {
                // Of two for one name the earlier one counts.
                byName.TryAdd(name, option);
            }
        }

        return new Served(certificates, options[0], byName, authorities);
    }

    /// <summary>One object for all connections with a certificate, because resumption is kept with it.</summary>
    private static SslServerAuthenticationOptions ToOptions(ServedCertificate certificate, X509Certificate2Collection? authorities) => new()
    {
        ServerCertificateContext = certificate.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CipherSuitesPolicy = Ciphers,
        ClientCertificateRequired = authorities is not null,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,

        AllowRenegotiation = false,

        // Whose certificate it is matters to the API alone, which looks at it; a backend's user may have one of somebody else.
#pragma warning disable CA5359
        RemoteCertificateValidationCallback = authorities is null ? null : static (_, _, _, _) => true,
#pragma warning restore CA5359
    };

    [LoggerMessage(3040, LogLevel.Information, "{File} was replaced: new connections for {Names} get the new certificate, which is valid until {NotAfter:u}")]
    private partial void LogReplaced(string file, string names, DateTime notAfter);

    [LoggerMessage(3041, LogLevel.Warning, "Certificates have changed and cannot be used, so the former ones stay: {Message}")]
    private partial void LogNotUsable(string message);

    private sealed record Served(
        ServedCertificate[] Certificates,
        SslServerAuthenticationOptions Default,
        Dictionary<string, SslServerAuthenticationOptions> ByName,
        X509Certificate2Collection? ClientAuthorities);
}
