using Opsen.Protocol.Configuration.Keys;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>The value of <c>tls_certificates</c>.</summary>
internal sealed class CertificateListFormat()
    : RecordListFormat<CertificateDraft, CertificateOptions>(CertificateKeys.Table, 1000, "{cert_file: b.example.crt, key_file: b.example.key}")
{
    /// <inheritdoc/>
    protected override (string Key, string Message)? Problem(CertificateDraft draft, IReadOnlyList<CertificateOptions> earlier) =>
        draft.CertFile.Length == 0 ? ("cert_file", "is missing; allowed: a PEM certificate")
        : draft.KeyFile.Length == 0 ? ("key_file", "is missing; allowed: the PEM private key of cert_file")
        : Rules.Files.Problem(draft.CertFile, "a PEM certificate") is { } certificate ? ("cert_file", certificate)
        : Rules.Files.Problem(draft.KeyFile, "a PEM private key") is { } key ? ("key_file", key)
        : null;

    /// <inheritdoc/>
    protected override CertificateDraft ToDraft(CertificateOptions record) => new() { CertFile = record.CertFile, KeyFile = record.KeyFile };

    /// <inheritdoc/>
    protected override CertificateOptions Build(CertificateDraft draft) => new(draft.CertFile, draft.KeyFile);
}

/// <summary>An entry of <c>tls_certificates</c> while it is read.</summary>
internal sealed class CertificateDraft
{
    public string CertFile { get; set; } = "";

    public string KeyFile { get; set; } = "";
}

/// <summary>The keys of an entry of <c>tls_certificates</c>.</summary>
internal static class CertificateKeys
{
    /// <summary>The keys.</summary>
    public static KeyTable<CertificateDraft> Table { get; } = new()
    {
        { "cert_file", TextFormats.NotEmpty, c => c.CertFile, (c, v) => c.CertFile = v },
        { "key_file", TextFormats.NotEmpty, c => c.KeyFile, (c, v) => c.KeyFile = v },
    };
}
