namespace Opsen.Protocol.Configuration;

/// <summary>What a key of <c>api_keys</c> may do.</summary>
public enum ApiScope
{
    /// <summary>Everything.</summary>
    Admin,

    /// <summary>Look: hosts, sessions, decisions, metrics, dashboard.</summary>
    Read,

    /// <summary>What agents do: register, report, drain and undrain.</summary>
    Agent,

    /// <summary>Look, place sessions, end them, renew and release reservations, drain hosts and put them into maintenance.</summary>
    Operate,
}

/// <summary>An entry of <c>api_keys</c>.</summary>
/// <param name="Key">The key, or <c>sha256:</c> and the 64 hexadecimal digits of its SHA-256.</param>
/// <param name="Scope">What it may do.</param>
/// <param name="Name">Who it belongs to, for logs; empty for its place in the list.</param>
public sealed record ApiKeyOptions(string Key, ApiScope Scope = ApiScope.Admin, string Name = "")
{
    /// <summary>What a hashed key begins with.</summary>
    public const string HashPrefix = "sha256:";

    /// <summary>An entry written as a key alone.</summary>
    public static implicit operator ApiKeyOptions(string key) => FromString(key);

    /// <summary>An entry written as a key alone.</summary>
    public static ApiKeyOptions FromString(string key) => new(key);
}
