using System.Security.Cryptography;
using System.Text;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Admin;

/// <summary>The keys of the configuration: <c>server_key</c> and <c>api_keys</c>. Compared in constant time: digests of equal length, and always all of
/// them.</summary>
public sealed class ApiKeys(ServerOptions options)
{
    private readonly byte[][] _digests =
        [.. options.ApiKeys.Prepend(options.ServerKey).Where(key => key.Length > 0).Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key)))];

    /// <summary>Whether no key is configured, so that everyone may call.</summary>
    public bool IsOpen => _digests.Length == 0;

    /// <summary>Whether a key is one of the configured ones.</summary>
    public bool Accepts(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), digest);
        var accepted = false;
        foreach (var known in _digests)
        {
            accepted |= CryptographicOperations.FixedTimeEquals(known, digest);
        }

        return accepted;
    }
}
