namespace Opsen.Protocol.Configuration;

/// <summary>Where the silo runs (<c>cluster</c>).</summary>
public enum ClusterMode
{
    /// <summary>Inside the gateway process.</summary>
    Embedded,

    /// <summary>In one <c>opsen-silo</c> process on the same machine.</summary>
    Localhost,

    /// <summary>In a cluster of silos that share PostgreSQL.</summary>
    Postgres,
}

/// <summary>What becomes of new sessions while the database of a cluster is away (<c>sticky_durability</c>).</summary>
public enum StickyDurability
{
    /// <summary>They are refused: a session that was told of a host keeps it, whatever fails next.</summary>
    Strict,

    /// <summary>They are assigned and stored later: should their silo fail too before that, they may move.</summary>
    Relaxed,
}

/// <summary>How a host is probed (<c>health_check_type</c>).</summary>
public enum HealthCheckType
{
    /// <summary>The endpoint's port accepts a connection.</summary>
    Tcp,

    /// <summary>A GET of the endpoint answers 2xx or 3xx.</summary>
    Http,
}

/// <summary>What happens to a session whose host stays overloaded (<c>sticky_on_overload</c>).</summary>
public enum StickyOnOverload
{
    /// <summary>It moves to a host with room.</summary>
    Move,

    /// <summary>It stays.</summary>
    Keep,
}

/// <summary>How hosts are compared (<c>scoring</c>).</summary>
public enum Scoring
{
    /// <summary>By their load as last reported.</summary>
    Classic,

    /// <summary>By their load as it will be: as reported, plus what was granted since, on hosts as fast as they have turned out to be.</summary>
    Projected,
}

/// <summary>Which <c>Host</c> a backend sees.</summary>
public enum BackendHost
{
    /// <summary>The one that the caller sent.</summary>
    Preserve,

    /// <summary>That of the backend's own endpoint.</summary>
    Endpoint,
}
