using Microsoft.Net.Http.Headers;
using Opsen.Grains.Interfaces.Backends;
using Yarp.ReverseProxy.Forwarder;

namespace Opsen.Gateway.Proxy;

/// <summary>One request on its way to one host at a time. It is the forwarder's transformer too, so that a request costs one object.</summary>
internal sealed class ForwardedRequest(EventStreamCopier eventStreams) : HttpTransformer
{
    private HostSnapshot? _host;
    private BackendTarget? _target;

    /// <summary>The host that the request goes to.</summary>
    public HostSnapshot Host => _host ?? throw new InvalidOperationException("No host was chosen.");

    /// <summary>The URL of the host that serves the request's path.</summary>
    public BackendTarget Target => _target ?? throw new InvalidOperationException("No host was chosen.");

    /// <summary>A reservation that ends with this request, or empty.</summary>
    public Guid ReservationOfRequest { get; set; }

    /// <summary>Points the request at a host.</summary>
    public void SendTo(HostSnapshot host, ReadOnlySpan<char> path)
    {
        _host = host;
        _target = EndpointTable.For(host.Registration).Select(path);
    }

    /// <inheritdoc/>
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        if (httpContext.Request.Headers.TryGetValue(HeaderNames.UpgradeInsecureRequests, out var upgrade))
        {
            // Left out by the base class, but it is the client's word to the backend and not about a connection.
            proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.UpgradeInsecureRequests, (IEnumerable<string?>)upgrade);
        }

        HopByHopHeaders.Correct(httpContext, proxyRequest);
        ForwardingHeaders.Write(httpContext, proxyRequest.Headers, Host.ClientId, Host.Registration.Hostname);
        proxyRequest.RequestUri = Target.Address(RequestTarget.PathAndQuery(httpContext));
    }

    /// <inheritdoc/>
    /// <remarks>An event stream is copied here and not by the forwarder: its silences are not limited, which is known only now, and it
    /// has its own rule for flushing.</remarks>
    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var hasAnswer = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (!hasAnswer || proxyResponse is null)
        {
            return hasAnswer;
        }

        HopByHopHeaders.Correct(proxyResponse, httpContext.Response);
        if (httpContext.Response.StatusCode == StatusCodes.Status204NoContent)
        {
            // Backends that send a length with it are wrong, and the server would refuse to.
            httpContext.Response.ContentLength = null;
        }

        if (!EventStreamCopier.IsEventStream(proxyResponse))
        {
            ChunkedTrailers.Announce(proxyResponse, httpContext);
            return true;
        }

        await eventStreams.CopyAsync(proxyResponse, httpContext);
        return false;
    }

    /// <inheritdoc/>
    public override async ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        await base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
        await ChunkedTrailers.WriteAsync(proxyResponse, httpContext);
    }
}
