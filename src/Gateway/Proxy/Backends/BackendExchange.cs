using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Proxy.Streams;

namespace Opsen.Gateway.Proxy.Backends;

/// <summary>One request as the forwarder's way to its backends: what the client of a backend has to know of it beside the outgoing message.</summary>
internal sealed class BackendExchange(BackendClient client, HttpContext context, UntouchedBodyStream? body)
    : HttpMessageInvoker(client.Http2Handler, disposeHandler: false)
{
    /// <summary>Where it goes now.</summary>
    public BackendTarget? Target { get; set; }

    /// <summary>What is asked for there, as the client sent it; begins with a slash.</summary>
    public string PathAndQuery { get; set; } = "/";

    /// <summary>Whether a connection that has served before will not do: the last one was lost.</summary>
    public bool NeedsNewConnection { get; set; }

    /// <summary>The request's body, or null without one.</summary>
    public UntouchedBodyStream? Body => body;

    /// <summary>What the client sent behind its body, once that has come to its end.</summary>
    public IHeaderDictionary? Trailers => context.Features.Get<IHttpRequestTrailersFeature>() is { Available: true } feature ? feature.Trailers : null;

    /// <inheritdoc/>
    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        client.SendAsync(request, this, cancellationToken);
}
