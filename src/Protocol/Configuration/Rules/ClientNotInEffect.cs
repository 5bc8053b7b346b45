namespace Opsen.Protocol.Configuration.Rules;

/// <summary>The keys of <c>client.yml</c> that this version does not act on.</summary>
internal static class ClientNotInEffect
{
    /// <summary>The keys.</summary>
    public static IReadOnlyList<NotInEffect<ClientOptions>> All { get; } =
    [
        new("report_change_pct", NotInEffectAction.Refuse, "this version reports by the clock only; remove the key"),
        new("agent_check_port", NotInEffectAction.Refuse, "this version has no load check of its own; remove the key"),
        new("geoip_db_path", NotInEffectAction.Warn, "has no effect: the gateway finds the place from the public address with its own geoip_db_path"),
        new("endpoint_url", NotInEffectAction.Warn, "has no effect beside endpoints, whose first url is the main one", o => o.Endpoints.Count > 0),
    ];
}
