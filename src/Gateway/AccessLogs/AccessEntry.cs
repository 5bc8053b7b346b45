using System.Net;
using Opsen.Gateway.Routing;

namespace Opsen.Gateway.AccessLogs;

/// <summary>One request's line in the access log. A feature of the request, so that whoever decides something about it can write it down.</summary>
internal sealed class AccessEntry
{
    /// <summary>When it came.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The caller's method.</summary>
    public string Method { get; private set; } = "";

    /// <summary>The <c>Host</c> that it asked for.</summary>
    public string Host { get; private set; } = "";

    /// <summary>The path, without the query: that may hold secrets.</summary>
    public string Path { get; private set; } = "";

    /// <summary>Such as HTTP/1.1.</summary>
    public string Protocol { get; private set; } = "";

    /// <summary>The client's address, as <c>trusted_proxies</c> tell it.</summary>
    public IPAddress? Client { get; private set; }

    /// <summary>The client's <c>User-Agent</c>.</summary>
    public string UserAgent { get; private set; } = "";

    /// <summary>The response's status; 0 when there was none.</summary>
    public int Status { get; private set; }

    /// <summary>Length that the request's header gave, bytes; null when it gave none.</summary>
    public long? RequestLength { get; private set; }

    /// <summary>Length that the response's header gave, bytes; null when it gave none.</summary>
    public long? ResponseLength { get; private set; }

    /// <summary>From the request's head to the response's end.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>The tier; null where none was looked for.</summary>
    public string? Tier { get; set; }

    /// <summary>The session; null without one.</summary>
    public string? Session { get; set; }

    /// <summary>The host's id; null when none was found.</summary>
    public string? Backend { get; private set; }

    /// <summary>Its endpoint.</summary>
    public string? Endpoint { get; set; }

    /// <summary>The pool, where the gateway has several.</summary>
    public string? Pool { get; private set; }

    /// <summary>The reservation, by which <c>GET /decisions/{id}</c> knows the decision; empty when none was made.</summary>
    public Guid Reservation { get; private set; }

    /// <summary>How long the first decision took.</summary>
    public TimeSpan? Decision { get; set; }

    /// <summary>From the decision to the head of the backend's response.</summary>
    public TimeSpan? BackendWait { get; set; }

    /// <summary>To how many hosts it was sent.</summary>
    public int Attempts { get; set; }

    /// <summary>Who ended it: client, backend or gateway.</summary>
    public string EndedBy { get; set; } = "gateway";

    /// <summary>How far it had come: edge (refused before it was looked at), api, decision, connect, request, wait (for the backend), response or
    /// done.</summary>
    public string Phase { get; set; } = "edge";

    /// <summary>Writes down a decision.</summary>
    public void Decided(in RouteResult route)
    {
        Backend = route.Host?.ClientId;
        Reservation = route.ReservationId;
        Pool = route.Decision.Pool.Length > 0 ? route.Decision.Pool : null;
    }

    /// <summary>Writes down what is known at the end.</summary>
    public void Finish(HttpContext context, TimeSpan duration)
    {
        var (request, response) = (context.Request, context.Response);
        (Method, Host, Path, Protocol) = (request.Method, request.Host.Value ?? "", request.Path.Value ?? "", request.Protocol);
        (Client, UserAgent) = (context.Connection.RemoteIpAddress, request.Headers.UserAgent.ToString());
        (RequestLength, ResponseLength, Duration) = (request.ContentLength, response.ContentLength, duration);
        var isAborted = context.RequestAborted.IsCancellationRequested;
        Status = isAborted && !response.HasStarted ? 0 : response.StatusCode;
        EndedBy = Status == 0 ? "client" : EndedBy;
    }
}
