namespace Opsen.Protocol.Configuration.Rules;

/// <summary>What happens to a key that this version does not act on.</summary>
internal enum NotInEffectAction
{
    /// <summary>The program does not start: it would not do what its operator asks for.</summary>
    Refuse,

    /// <summary>The program starts with a warning: the key only tunes internals of the Go program.</summary>
    Warn,
}

/// <summary>A key that this version does not act on. The version that does deletes its row.</summary>
/// <param name="Key">The key.</param>
/// <param name="Action">What to do about a value other than the default.</param>
/// <param name="Reason">Why, and what to do instead.</param>
/// <param name="Applies">When, for a value other than the default; null for always.</param>
internal sealed record NotInEffect<TOptions>(string Key, NotInEffectAction Action, string Reason, Func<TOptions, bool>? Applies = null);

/// <summary>The keys of <c>server.yml</c> that this version does not act on.</summary>
internal static class ServerNotInEffect
{
    private const string OnlyPostgres = "only cluster: postgres has it; set cluster: postgres, or remove the key";

    private const string OneWriter = "has no effect with SQLite: one writer thread owns the database";

    /// <summary>The keys.</summary>
    public static IReadOnlyList<NotInEffect<ServerOptions>> All { get; } =
    [
        new("cluster_connection", NotInEffectAction.Refuse, OnlyPostgres, IsOneMachine),
        new("advertised_ip", NotInEffectAction.Refuse, OnlyPostgres, IsOneMachine),
        new("sticky_durability", NotInEffectAction.Warn, "has no effect without cluster: postgres", IsOneMachine),
        new("cluster_tls_cert_file", NotInEffectAction.Refuse, OnlyPostgres, IsOneMachine),
        new("cluster_tls_key_file", NotInEffectAction.Refuse, OnlyPostgres, IsOneMachine),
        new("cluster_tls_ca_file", NotInEffectAction.Refuse, OnlyPostgres, IsOneMachine),
        new("database", NotInEffectAction.Warn, "has no effect with cluster: postgres, which keeps everything in cluster_connection's database", o => !IsOneMachine(o)),
        new("silo_gateway_port", NotInEffectAction.Warn, "has no effect with cluster: embedded", o => o.Cluster == ClusterMode.Embedded),
        new(
            "tiers",
            NotInEffectAction.Warn,
            $"has no '{TierOptions.DefaultName}': proxied requests that name no tier get 400; add it, or let every request name its tier",
            o => o.ProxyEndpoints.Count > 0 && o.Tiers.All(static tier => tier.Name != TierOptions.DefaultName)),
        new("db_max_open_conns", NotInEffectAction.Warn, OneWriter, IsOneMachine),
        new("db_max_idle_conns", NotInEffectAction.Warn, OneWriter, IsOneMachine),
        new("db_conn_max_lifetime", NotInEffectAction.Warn, OneWriter, IsOneMachine),
    ];

    private static bool IsOneMachine(ServerOptions options) => options.Cluster != ClusterMode.Postgres;
}

/// <summary>The keys of <c>client.yml</c> that this version does not act on.</summary>
internal static class AgentNotInEffect
{
    /// <summary>The keys.</summary>
    public static IReadOnlyList<NotInEffect<AgentOptions>> All { get; } =
    [
        new("endpoint_url", NotInEffectAction.Warn, "has no effect beside endpoints, whose first url is the main one", o => o.Endpoints.Count > 0),
    ];
}
