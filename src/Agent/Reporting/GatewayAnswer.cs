using System.Net;

namespace Opsen.Agent.Reporting;

/// <summary>What came of a call to the gateway.</summary>
internal enum GatewayOutcome
{
    /// <summary>2xx: done.</summary>
    Accepted,

    /// <summary>404: the gateway does not know this host; it has to register.</summary>
    UnknownHost,

    /// <summary>Any other 3xx or 4xx: the same request would fail again.</summary>
    Rejected,

    /// <summary>401 or 403: the key or the address is not accepted.</summary>
    Refused,

    /// <summary>429 or 503: the gateway asks for time.</summary>
    Busy,

    /// <summary>No connection, no response in time, or another 5xx.</summary>
    Failed,

    /// <summary>Nothing was sent: there is no fresh sample.</summary>
    NothingToSend,
}

/// <summary>A response of the gateway.</summary>
/// <param name="Outcome">What came of the call.</param>
/// <param name="Detail">What the gateway, or the network, says about it.</param>
/// <param name="RetryAfter">How long the gateway asks to wait.</param>
/// <param name="Address">The address from which the gateway saw this host come; null when it does not say.</param>
internal sealed record GatewayAnswer(GatewayOutcome Outcome, string Detail = "", TimeSpan? RetryAfter = null, IPAddress? Address = null);
