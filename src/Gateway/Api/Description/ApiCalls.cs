using Opsen.Gateway.Requests;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api.Description;

/// <summary>The descriptions of the calls of the management API.</summary>
internal static class ApiCalls
{
    private const int NotFound = StatusCodes.Status404NotFound;
    private const int TooLarge = StatusCodes.Status413PayloadTooLarge;
    private const int OtherType = StatusCodes.Status415UnsupportedMediaType;

    public static ApiCall Register { get; } =
        new("Registers a host, or registers it again", typeof(StatusResponse)) { Request = typeof(RegisterRequest), Problems = [TooLarge, OtherType] };

    public static ApiCall Report { get; } =
        new("Reports a host's load; 404 when it is not registered", typeof(StatusResponse)) { Request = typeof(StatsRequest), Problems = [NotFound, TooLarge, OtherType] };

    public static ApiCall Route { get; } = new("Chooses a host and reserves on it; 503 says per filter why none fits", typeof(RouteResponse))
    {
        Request = typeof(RouteRequest),
        Query = [new("explain", "boolean", "true adds every host: the terms of its score, or which filter refused it and how much was short"),
            new("wait", "integer", "how long to wait for room, seconds, at most max_wait_seconds of the tier; that long unless told")],
        Headers =
        [
            new(WaitPreference.Header, "string", "wait=N is the same as the parameter wait (RFC 7240)"),
            new(IdempotencyKey.Header, "string", "a request with the same key gets the same reservation as long as it lives, and never a second one"),
        ],
        Problems = [TooLarge, OtherType, StatusCodes.Status422UnprocessableEntity],
    };

    public static ApiCall Health { get; } = new("The server and its fleet in numbers; needs no key", typeof(HealthResponse));

    public static ApiCall Hosts { get; } = new("Hosts with their metrics and health", typeof(IReadOnlyList<ClientEntry>))
    {
        Query = [new("active_only", "boolean", "true leaves out hosts that no longer report")],
    };

    public static ApiCall Host { get; } = new("One host, of any pool", typeof(ClientEntry)) { Problems = [NotFound] };

    public static ApiCall History { get; } = new("What a host has reported lately", typeof(HistoryResponse))
    {
        Query = [new("hours", "integer", "how far back, 1 to 8760; 6 unless told"), new("points", "integer", "at most so many, 1 to 5000; 360 unless told")],
        Problems = [NotFound],
    };

    public static ApiCall Remove { get; } = new("Removes a host with its sessions, reservations and history") { IsEmpty = true, Problems = [NotFound] };

    public static ApiCall Drain { get; } = new("No new sessions on a host; those that it has stay until the deadline, or until they end", typeof(LifecycleResponse))
    {
        Query =
        [
            new("deadline_seconds", "integer", "when its sessions move, from now; they stay until they end unless told"),
            new("reason", "string", "shutdown, from the host's own agent as it stops: its next registration ends the drain"),
        ],
        Problems = [NotFound],
    };

    public static ApiCall Undrain { get; } = new("A host back in service, from a drain or from maintenance", typeof(LifecycleResponse)) { Problems = [NotFound] };

    public static ApiCall Maintenance { get; } =
        new("A host out of service at once; its sessions move at their next request", typeof(LifecycleResponse)) { Problems = [NotFound] };

    public static ApiCall PurgeStale { get; } = new("Removes hosts that no longer report", typeof(PurgeResponse));

    public static ApiCall PurgePending { get; } = new("Drops all reservations", typeof(PurgeResponse));

    public static ApiCall Release { get; } = new("Gives a reservation back at once") { IsEmpty = true, Problems = [NotFound] };

    public static ApiCall Renew { get; } = new("Starts a reservation's time anew") { IsEmpty = true, Problems = [NotFound] };

    public static ApiCall Sessions { get; } = new("Where sessions are, oldest first", typeof(SessionListResponse))
    {
        Query =
        [
            new("client_id", "string", "of one host only"),
            new("limit", "integer", "at most so many, 1 to 1000; 100 unless told"),
            new("after", "integer", "the next of the page before"),
        ],
    };

    public static ApiCall Session { get; } = new("One session's hosts, one a tier", typeof(SessionListResponse)) { Problems = [NotFound] };

    public static ApiCall EndSession { get; } = new("Ends a session and frees its reservations") { IsEmpty = true, Problems = [NotFound] };

    public static ApiCall Decisions { get; } = new("The latest decisions that found a host, the latest first", typeof(DecisionListResponse))
    {
        Query = [new("limit", "integer", "at most so many, 1 to 1000; 100 unless told")],
    };

    public static ApiCall Decision { get; } = new("Why one of the latest decisions was made", typeof(DecisionResponse)) { Problems = [NotFound] };
}
