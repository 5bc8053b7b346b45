namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>How a request for a host ended. The names are also metric labels and problem types.</summary>
[GenerateSerializer, Alias("opsen.RouteOutcome")]
public enum RouteOutcome
{
    /// <summary>A host was chosen and its resources are reserved.</summary>
    Routed,

    /// <summary>No host fits the tier now.</summary>
    NoCapacity,

    /// <summary>The tier is not configured.</summary>
    UnknownTier,

    /// <summary>The decision could not be made in time, or could not be stored; nothing can be said of a reservation.</summary>
    Unavailable,

    /// <summary>More decisions are asked for than can be made; the request was turned away before anything was reserved.</summary>
    Overloaded,

    /// <summary>Storage is in trouble, so the session was not assigned; what was reserved for it has been released.</summary>
    NotStored,

    /// <summary>The id that the caller chose names a reservation for another tier.</summary>
    KeyReused,

    /// <summary>The session is new, and there are as many as there may be (<c>max_sessions</c>).</summary>
    SessionsFull,
}

/// <summary>Why a host was not a candidate: the first filter, in this order, that refused it.</summary>
[GenerateSerializer, Alias("opsen.RefusalReason")]
public enum RefusalReason
{
    /// <summary>It was a candidate.</summary>
    None,

    /// <summary>No report within <c>stale_minutes</c>.</summary>
    Stale,

    /// <summary>Its probes fail.</summary>
    Unhealthy,

    /// <summary>It drains, has drained, or is in maintenance.</summary>
    Draining,

    /// <summary>It registered but has not reported yet.</summary>
    NoReport,

    /// <summary>Too few free cores.</summary>
    Cpu,

    /// <summary>Too little memory.</summary>
    Memory,

    /// <summary>Too little disk.</summary>
    Disk,

    /// <summary>Too few free cards, or too little VRAM on them.</summary>
    Gpu,

    /// <summary>The request asked not to use it (a retry after a failed connection).</summary>
    Excluded,
}
