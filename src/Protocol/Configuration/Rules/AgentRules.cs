namespace Opsen.Protocol.Configuration.Rules;

/// <summary>What must hold between the keys of <c>client.yml</c>.</summary>
internal static class AgentRules
{
    /// <summary>The rules.</summary>
    public static IReadOnlyList<ConfigurationRule<AgentOptions>> All { get; } =
    [
        new(["client_cert_file", "client_key_file"], CertificatePair),
        new(["client_cert_file", "server_url"], CertificateNeedsTls),
        new(["client_cert_file"], o => Files.Problem(o.ClientCertFile, "a PEM certificate")),
        new(["client_key_file"], o => Files.Problem(o.ClientKeyFile, "a PEM private key")),
    ];

    private static string? CertificatePair(AgentOptions options) =>
        (options.ClientCertFile.Length == 0) != (options.ClientKeyFile.Length == 0)
            ? "client_cert_file and client_key_file go together; set both, or neither for no certificate"
            : null;

    private static string? CertificateNeedsTls(AgentOptions options) =>
        options.ClientCertFile.Length > 0 && !options.ServerUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase)
            ? $"is shown over TLS only, and server_url is '{options.ServerUrl}'; write https://"
            : null;
}
