using System.Text.Json;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Problems;

/// <summary>The short names of the problems that the gateway responds with; <see cref="Problem.TypePrefix"/> goes before them.</summary>
internal static class ProblemTypes
{
    /// <summary>The request is malformed or has a value that cannot be.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>The call needs <c>X-API-Key</c>.</summary>
    public const string MissingKey = "missing-key";

    /// <summary>The key is not one of the configured ones.</summary>
    public const string WrongKey = "wrong-key";

    /// <summary>The key may not make this call.</summary>
    public const string ScopeMissing = "scope-missing";

    /// <summary>The caller's address is not on the allow-list.</summary>
    public const string AddressNotAllowed = "address-not-allowed";

    /// <summary>The request is for a host that the gateway does not serve.</summary>
    public const string MisdirectedRequest = "misdirected-request";

    /// <summary>There is nothing at this path.</summary>
    public const string NotFound = "not-found";

    /// <summary>The host has not registered.</summary>
    public const string NotRegistered = "not-registered";

    /// <summary>The reservation is unknown or over.</summary>
    public const string NotReserved = "not-reserved";

    /// <summary>The session has no assignment.</summary>
    public const string NoSession = "no-session";

    /// <summary>The path does not take this method.</summary>
    public const string MethodNotAllowed = "method-not-allowed";

    /// <summary>The request took too long to arrive.</summary>
    public const string RequestTimeout = "request-timeout";

    /// <summary>The body is larger than <c>max_request_body_bytes</c>.</summary>
    public const string BodyTooLarge = "body-too-large";

    /// <summary>The body is not announced as JSON.</summary>
    public const string UnsupportedMediaType = "unsupported-media-type";

    /// <summary>The caller sends more requests than it may.</summary>
    public const string RateLimited = "rate-limited";

    /// <summary>No host could be connected, or the host's response cannot be forwarded.</summary>
    public const string BadGateway = "bad-gateway";

    /// <summary>The request has passed this gateway before.</summary>
    public const string Loop = "loop";

    /// <summary>The host failed, and too many retries run for another one to be tried.</summary>
    public const string RetryBudget = "retry-budget";

    /// <summary>The host did not respond in time.</summary>
    public const string GatewayTimeout = "gateway-timeout";

    /// <summary>What is stored of the host cannot be read.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>There are as many hosts or pools as there may be.</summary>
    public const string FleetFull = "fleet-full";

    /// <summary>A fault of the gateway.</summary>
    public const string InternalError = "internal-error";

    /// <summary>No host fits the tier now.</summary>
    public static readonly string NoCapacity = Of(RouteOutcome.NoCapacity);

    /// <summary>The tier is not configured.</summary>
    public static readonly string UnknownTier = Of(RouteOutcome.UnknownTier);

    /// <summary>The gateway cannot reach the cluster.</summary>
    public static readonly string Unavailable = Of(RouteOutcome.Unavailable);

    /// <summary>The gateway has more decisions to make than it can.</summary>
    public static readonly string Overloaded = Of(RouteOutcome.Overloaded);

    /// <summary>Storage is in trouble, so a session was not assigned.</summary>
    public static readonly string NotStored = Of(RouteOutcome.NotStored);

    /// <summary>An <c>Idempotency-Key</c> has a reservation for another tier.</summary>
    public static readonly string KeyReused = Of(RouteOutcome.KeyReused);

    /// <summary>The session is new, and there are as many as there may be.</summary>
    public static readonly string SessionsFull = Of(RouteOutcome.SessionsFull);

    private static string Of(RouteOutcome outcome) => JsonNamingPolicy.KebabCaseLower.ConvertName(outcome.ToString());
}
