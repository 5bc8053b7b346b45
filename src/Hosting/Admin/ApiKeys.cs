using System.Security.Cryptography;
using System.Text;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Admin;

/// <summary>The keys of the configuration: <c>server_key</c>, which may do everything, and <c>api_keys</c>. Compared in constant time: digests of equal length,
/// and always all of them.</summary>
public sealed class ApiKeys(ServerOptions options)
{
    private readonly ApiKey[] _keys =
    [
        .. (options.ServerKey.Length > 0 ? [new ApiKeyOptions(options.ServerKey, Name: "server_key")] : Array.Empty<ApiKeyOptions>())
            .Concat(options.ApiKeys.Select(static (key, index) => key.Name.Length > 0 ? key : key with { Name = $"api_keys[{index}]" }))
            .Select(static (key, number) => new ApiKey(number, key.Name, key.Scope, Digest(key.Key))),
    ];

    /// <summary>Whether neither a key nor <c>client_ca_file</c> is configured, so that everyone may call.</summary>
    public bool IsOpen { get; } = options is { ServerKey.Length: 0, ApiKeys.Count: 0, ClientCaFile.Length: 0 };

    /// <summary>The configured key that was presented; null when it is none.</summary>
    public ApiKey? Find(string presented)
    {
        ArgumentNullException.ThrowIfNull(presented);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(presented), digest);
        ApiKey? found = null;
        foreach (var key in _keys)
        {
            found = CryptographicOperations.FixedTimeEquals(key.Digest.Span, digest) ? key : found;
        }

        return found;
    }

    private static byte[] Digest(string key) => key.StartsWith(ApiKeyOptions.HashPrefix, StringComparison.Ordinal)
        ? Convert.FromHexString(key.AsSpan(ApiKeyOptions.HashPrefix.Length))
        : SHA256.HashData(Encoding.UTF8.GetBytes(key));
}

/// <summary>A configured key.</summary>
/// <param name="Number">Its number among them, from 0.</param>
/// <param name="Name">Whose it is, for logs.</param>
/// <param name="Scope">What it may do.</param>
/// <param name="Digest">Its SHA-256.</param>
public sealed record ApiKey(int Number, string Name, ApiScope Scope, ReadOnlyMemory<byte> Digest)
{
    /// <summary>The <see cref="Number"/> of what counts as a key and is none: a client's certificate.</summary>
    public const int NotInTheList = -1;
}
