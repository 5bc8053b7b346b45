using System.Net;
using System.Net.Http.Headers;
using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Proxy.Backends;
using Opsen.Gateway.Proxy.Failover;
using Opsen.Gateway.Proxy.Headers;
using Opsen.Gateway.Proxy.Http1;
using Opsen.Gateway.Proxy.Streams;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Security;
using Opsen.Grains.Interfaces.Backends;
using Yarp.ReverseProxy.Forwarder;

namespace Opsen.Gateway.Proxy;

/// <summary>One request on its way to one host at a time. It is the forwarder's transformer too, so that a request costs one object.</summary>
internal sealed class ForwardedRequest(string tier, BackendExchange exchange, ForwardingSteps steps, UntouchedBodyStream? body) : HttpTransformer
{
    private const string GrpcStatus = "grpc-status";

    private RouteResult? _route;

    /// <summary>The tier that the request asked for.</summary>
    public string Tier { get; } = tier;

    /// <summary>The decision that the request follows.</summary>
    public RouteResult Route => _route ?? throw new InvalidOperationException("No host was chosen.");

    /// <summary>The host that the request goes to.</summary>
    public HostSnapshot Host => Route.Host!;

    /// <summary>The URL of the host that serves the request's path.</summary>
    public BackendTarget Target => exchange.Target ?? throw new InvalidOperationException("No host was chosen.");

    /// <summary>What is reserved for the request. A field, so that it can be a structure that changes.</summary>
    public ReservationLease Lease;

    /// <summary>When it got how far. A field for the same reason.</summary>
    public RequestTimes Times;

    /// <summary>How many hosts it was sent to, a host that it was sent to again counted again.</summary>
    public int Attempts { get; private set; }

    /// <summary>Hosts that the request cannot use; null while all is well.</summary>
    public RequestFailover? Failover { get; set; }

    /// <summary>Points the request at the host of a decision.</summary>
    public void SendTo(RouteResult route, ReadOnlySpan<char> path)
    {
        _route = route;
        exchange.Target = EndpointTable.For(Host.Registration).Select(path);
        Attempts++;
    }

    /// <inheritdoc/>
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        if (httpContext.Request.Headers.TryGetValue(HeaderNames.UpgradeInsecureRequests, out var upgrade))
        {
            // The base class drops it, but it is end-to-end: not about the connection.
            proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.UpgradeInsecureRequests, (IEnumerable<string?>)upgrade);
        }

        HopByHopHeaders.Correct(httpContext, proxyRequest);
        OwnHeaders.RemoveImitations(proxyRequest.Headers);
        KeepMethod(httpContext.Request.Method, proxyRequest);
        MaxForwards.Count(httpContext.Request, proxyRequest);
        steps.Forwarding.Write(httpContext, proxyRequest, Route);
        ForwardTrace.Propagate(proxyRequest);
        if (Target.IsHttps && proxyRequest.Version.Major > 1)
        {
            // The platform's client would also use it as the TLS name, and open a connection for every name that a caller invents.
            proxyRequest.Headers.Host = null;
        }

        exchange.PathAndQuery = RequestTarget.PathAndQuery(httpContext);
        Check(exchange, proxyRequest);

        // Only the platform's client (HTTP/2) needs a complete URI; making one costs more than writing the request line.
        proxyRequest.RequestUri = proxyRequest.Version.Major > 1 ? Target.Address(exchange.PathAndQuery) : Target.Root;
    }

    /// <inheritdoc/>
    /// <remarks>An event stream is copied here and not by the forwarder: its silences are not limited, which is known only now, and it
    /// has its own rule for flushing.</remarks>
    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }

        SecurityHeaders.GiveWay(proxyResponse, httpContext.Response.Headers);
        var hasAnswer = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        Times.Responded = steps.Time.GetTimestamp();
        Failover?.Responded();
        steps.Responses.Finish(httpContext, this);
        if (!hasAnswer)
        {
            return hasAnswer;
        }

        HopByHopHeaders.Correct(proxyResponse, httpContext.Response);
        Tunnel.Prepare(httpContext, proxyResponse, steps.Responses.Settings);
        if (httpContext.Response.StatusCode == StatusCodes.Status204NoContent)
        {
            // A 204 must not have a Content-Length (RFC 9110, section 8.6), and Kestrel would throw.
            httpContext.Response.ContentLength = null;
        }

        if (httpContext.Response.StatusCode == StatusCodes.Status205ResetContent)
        {
            // A 205 has no body (RFC 9110, section 15.3.6), even if a backend sends one.
            httpContext.Response.ContentLength = 0;
            return false;
        }

        ChunkedTrailers.Announce(proxyResponse, httpContext);
        if (!EventStreamCopier.IsEventStream(proxyResponse))
        {
            if (body is { HasEnded: false } && !proxyResponse.Headers.NonValidated.Contains(GrpcStatus))
            {
                // Both sides talk at once, and the client may wait for this before it goes on. The response to a gRPC call that has failed must come in one
                // piece.
                await httpContext.Response.Body.FlushAsync(cancellationToken);
            }

            if (exchange.IsUnlimited && proxyResponse.Content is not ResponseContent { Tunnel: not null })
            {
                // The backend may be silent for any time, the client may not leave what it asked for unread.
                var patience = steps.Responses.Settings.RequestTimeout;
                httpContext.Response.Body = new PatientStream(httpContext, httpContext.Response.Body, patience, TimeProvider.System);
            }

            return true;
        }

        if (await steps.EventStreams.CopyAsync(proxyResponse, httpContext))
        {
            await TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
        }

        return false;
    }

    /// <inheritdoc/>
    public override async ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        steps.Responses.FinishTrailers(httpContext, proxyResponse, this);
        await base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
        await ChunkedTrailers.WriteAsync(proxyResponse, httpContext);
        if (body is { HasEnded: false })
        {
            // The response is complete and the upload is not. The client has the whole of the response now; what it still sends is passed on for as long as
            // the backend may want it.
            await httpContext.Response.CompleteAsync();
            if (proxyResponse.StatusCode >= HttpStatusCode.BadRequest || proxyResponse.Headers.ConnectionClose == true)
            {
                body.Stop();
            }
        }
    }

    /// <summary>Checks a request that is complete, right before it goes to the client.</summary>
    /// <exception cref="FormatException">It has something in its target or its headers that cannot be written.</exception>
    private static void Check(BackendExchange exchange, HttpRequestMessage outgoing)
    {
        if (!WireText.IsTarget(exchange.PathAndQuery) || exchange.Target!.BasePath is { Length: > 0 } basePath && !WireText.IsTarget(basePath))
        {
            throw new FormatException(WireText.TargetRule);
        }

        Check(outgoing.Headers);
        if (outgoing.Content is { } content)
        {
            Check(content.Headers);
        }
    }

    /// <summary>Checks values only: the collection accepts no name that is not a token (RFC 9110, section 5.1). Values are written as Latin-1.</summary>
    private static void Check(HttpHeaders headers)
    {
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (var value in values)
            {
                if (!WireText.IsFieldValue(value))
                {
                    throw new FormatException($"The header {name} has a character that a header cannot have: a line break, a NUL, or one beyond Latin-1.");
                }
            }
        }
    }

    /// <summary>The forwarder normalizes the case of known methods; methods are case-sensitive (RFC 9110, section 9.1).</summary>
    private static void KeepMethod(string method, HttpRequestMessage outgoing)
    {
        if (!ReferenceEquals(outgoing.Method.Method, method) && outgoing.Method.Method.Equals(method, StringComparison.OrdinalIgnoreCase)
            && outgoing.Method.Method != method)
        {
            outgoing.Method = new HttpMethod(method);
        }
    }
}
