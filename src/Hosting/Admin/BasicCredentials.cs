using System.Text;

namespace Opsen.Hosting.Admin;

/// <summary>Reads basic authentication (RFC 7617).</summary>
public static class BasicCredentials
{
    private const string Scheme = "Basic ";

    /// <summary>The password in an <c>Authorization</c> header; empty without one.</summary>
    public static string ReadPassword(string authorization)
    {
        ArgumentNullException.ThrowIfNull(authorization);
        var credentials = authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..].Trim() : "";
        var bytes = new byte[credentials.Length];
        if (!Convert.TryFromBase64String(credentials, bytes, out var length))
        {
            return "";
        }

        var text = Encoding.UTF8.GetString(bytes.AsSpan(0, length));
        return text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }
}
