namespace Opsen.Protocol.Configuration;

/// <summary>An entry of <c>tls_certificates</c>.</summary>
/// <param name="CertFile">PEM certificate, with the intermediate ones.</param>
/// <param name="KeyFile">Its PEM private key.</param>
public sealed record CertificateOptions(string CertFile, string KeyFile);
