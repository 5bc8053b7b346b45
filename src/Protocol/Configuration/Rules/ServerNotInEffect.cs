namespace Opsen.Protocol.Configuration.Rules;

/// <summary>The keys of <c>server.yml</c> that this version does not act on.</summary>
internal static class ServerNotInEffect
{
    private const string OneWriter = "has no effect with SQLite: one writer thread owns the database";

    /// <summary>The keys.</summary>
    public static IReadOnlyList<NotInEffect<ServerOptions>> All { get; } =
    [
        new("cluster", NotInEffectAction.Refuse, "this version runs embedded and localhost; postgres is not available", o => o.Cluster == ClusterMode.Postgres),
        new("cluster_connection", NotInEffectAction.Refuse, "only cluster: postgres has a connection, and this version does not run it; remove the key"),
        new("advertised_ip", NotInEffectAction.Refuse, "this version's silo is reached on this machine only; remove the key"),
        new("silo_gateway_port", NotInEffectAction.Warn, "has no effect with cluster: embedded", o => o.Cluster == ClusterMode.Embedded),
        new(
            "tiers",
            NotInEffectAction.Warn,
            $"has no '{TierOptions.DefaultName}': proxied requests that name no tier get 400; add it, or let every request name its tier",
            o => o.ProxyEndpoints.Count > 0 && o.Tiers.All(static tier => tier.Name != TierOptions.DefaultName)),
        new("db_max_open_conns", NotInEffectAction.Warn, OneWriter),
        new("db_max_idle_conns", NotInEffectAction.Warn, OneWriter),
        new("db_conn_max_lifetime", NotInEffectAction.Warn, OneWriter),
    ];
}
