using System.Net;
using System.Net.Sockets;

namespace Opsen.Protocol.Configuration.Rules;

/// <summary>Something that must hold between keys, or between a key and this machine.</summary>
/// <param name="Keys">The keys involved; the error is reported at the first that was written. Skipped when one of them has an error of its own.</param>
/// <param name="Violation">What is wrong and what is allowed; null when the rule holds.</param>
internal sealed record ConfigurationRule<TOptions>(IReadOnlyList<string> Keys, Func<TOptions, string?> Violation);

/// <summary>What must hold between the keys of <c>server.yml</c>.</summary>
internal static class ServerRules
{
    /// <summary>Each of them may be asked for a decision in turn.</summary>
    private const int MaxPools = 16;

    /// <summary>The rules.</summary>
    public static IReadOnlyList<ConfigurationRule<ServerOptions>> All { get; } =
    [
        new(["admin_port", "port", "admin_host", "host"], AdminPort),
        new(["admin_host", "server_key", "api_keys"], PublicAdmin),
        new(["silo_gateway_port", "silo_port", "cluster"], SiloPorts),
        new(["silo_admin_port", "admin_port", "cluster"], SiloAdminPort),
        new(["cluster", "cluster_connection"], Connection),
        new(["pools", "pool"], Pools),
        new(["cluster_tls_cert_file", "cluster_tls_key_file", "cluster_tls_ca_file"], ClusterTls),
        new(["cluster_tls_cert_file"], o => Files.Problem(o.ClusterTlsCertFile, "a PEM certificate")),
        new(["cluster_tls_key_file"], o => Files.Problem(o.ClusterTlsKeyFile, "a PEM private key")),
        new(["cluster_tls_ca_file"], o => Files.Problem(o.ClusterTlsCaFile, "PEM certificates of authorities")),
        new(["tls_key_file", "tls_cert_file"], TlsPair),
        new(["tls_cert_file"], o => Files.Problem(o.TlsCertFile, "a PEM certificate")),
        new(["tls_key_file"], o => Files.Problem(o.TlsKeyFile, "a PEM private key")),
        new(["tls_certificates", "tls_cert_file"], o => NeedsTls(o, o.TlsCertificates.Count > 0, "tls_certificates are further ones beside tls_cert_file")),
        new(["client_ca_file", "tls_cert_file"], o => NeedsTls(o, o.ClientCaFile.Length > 0, "client_ca_file asks for certificates over TLS")),
        new(["client_ca_file"], o => Files.Problem(o.ClientCaFile, "PEM certificates of authorities")),
        new(["proxy_protocol", "trusted_proxies"], ProxyProtocol),
        new(["geoip_db_path"], o => Files.Problem(o.GeoipDbPath, "a GeoLite2-City.mmdb file")),
        new(["enable_cors", "cors_allowed_origins"], Cors),
    ];

    private static string? AdminPort(ServerOptions options) =>
        options.AdminPort != 0 && options.AdminPort == options.Port && Overlap(options.AdminHost, options.Host)
            ? $"port and admin_port are both {options.Port}; choose two ports, or admin_port: 0 for no admin listener"
            : null;

    private static string? PublicAdmin(ServerOptions options) =>
        options is { AdminPort: 0, SiloAdminPort: 0 } || options.ServerKey.Length > 0 || options.ApiKeys.Count > 0
            || Addresses(options.AdminHost).All(IPAddress.IsLoopback)
            ? null
            : $"'{options.AdminHost}' can be reached from elsewhere, and the admin listener shows everything; set server_key or api_keys, which it then asks for, or admin_host: 127.0.0.1";

    private static string? SiloPorts(ServerOptions options) =>
        options.Cluster != ClusterMode.Embedded && options.SiloPort == options.SiloGatewayPort
            ? $"silo_port and silo_gateway_port are both {options.SiloPort}; choose two ports"
            : null;

    private static string? SiloAdminPort(ServerOptions options) =>
        options.Cluster == ClusterMode.Localhost && options.SiloAdminPort != 0 && options.SiloAdminPort == options.AdminPort
            ? $"admin_port and silo_admin_port are both {options.AdminPort}, and both programs run on this machine; choose two ports, or 0 for no admin listener"
            : null;

    private static string? Connection(ServerOptions options) =>
        options is { Cluster: ClusterMode.Postgres, ClusterConnection.Length: 0 }
            ? "cluster: postgres needs cluster_connection; write it like 'Host=db1;Username=opsen;Password=...;Database=opsen'"
            : null;

    private static string? Pools(ServerOptions options) =>
        options.Pools.Count > MaxPools ? $"has {options.Pools.Count} items; allowed: at most {MaxPools}"
        : options.Pools.CountBy(static pool => pool).FirstOrDefault(static count => count.Value > 1).Key is { } twice ? $"names '{twice}' twice; name each pool once"
        : options.Pools.Count > 0 && !options.Pools.Contains(options.Pool)
            ? $"does not name pool: {options.Pool}, where hosts without a pool are and sessions are kept; add it, or set pool to one of these"
        : null;

    private static string? ClusterTls(ServerOptions options)
    {
        int[] lengths = [options.ClusterTlsCertFile.Length, options.ClusterTlsKeyFile.Length, options.ClusterTlsCaFile.Length];
        return lengths.Distinct().Contains(0) && lengths.Any(static length => length > 0)
            ? "cluster_tls_cert_file, cluster_tls_key_file and cluster_tls_ca_file go together; set all three, or none for connections without TLS"
            : null;
    }

    private static string? TlsPair(ServerOptions options) =>
        (options.TlsCertFile.Length == 0) != (options.TlsKeyFile.Length == 0)
            ? "tls_cert_file and tls_key_file go together; set both, or neither for plain HTTP"
            : null;

    private static string? NeedsTls(ServerOptions options, bool isSet, string why) =>
        isSet && options.TlsCertFile.Length == 0 ? $"needs tls_cert_file and tls_key_file: {why}" : null;

    private static string? ProxyProtocol(ServerOptions options) =>
        options is { ProxyProtocol: true, TrustedProxies.Count: 0 }
            ? "needs trusted_proxies: anyone else could claim to be anyone; list the load balancers that send the header"
            : null;

    private static string? Cors(ServerOptions options) =>
        options.EnableCors && options.CorsAllowedOrigins.Count == 0
            ? "needs cors_allowed_origins; list the origins, or [\"*\"] for all"
            : null;

    private static bool Overlap(string left, string right)
    {
        var (one, other) = (Addresses(left), Addresses(right));
        return one.Any(a => other.Any(b => a.Equals(b) || Covers(a, b) || Covers(b, a)));
    }

    private static IPAddress[] Addresses(string host) => host switch
    {
        "*" => [IPAddress.IPv6Any],
        "localhost" => [IPAddress.Loopback, IPAddress.IPv6Loopback],
        _ => [IPAddress.Parse(host)],
    };

    // A listener on :: takes IPv4 as well, one on 0.0.0.0 takes IPv4 alone.
    private static bool Covers(IPAddress listener, IPAddress address) =>
        listener.Equals(IPAddress.IPv6Any) || (listener.Equals(IPAddress.Any) && address.AddressFamily == AddressFamily.InterNetwork);
}

/// <summary>Files that keys name.</summary>
internal static class Files
{
    /// <summary>Looks whether a file can be read.</summary>
    /// <param name="path">The file; empty for none.</param>
    /// <param name="kind">What it has to be, for the message.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Problem(string path, string kind)
    {
        if (path.Length == 0)
        {
            return null;
        }

        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"'{path}' cannot be read ({exception.Message}); allowed: {kind} that this process may read";
        }
    }
}
