using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Proxy.Streams;

namespace Opsen.Gateway.Proxy.Backends;

/// <summary>One request as the forwarder's way to its backends: what the client of a backend has to know of it beside the outgoing message.</summary>
internal sealed class BackendExchange(BackendClient client, HttpContext context, UntouchedBodyStream? body)
    : HttpMessageInvoker(client.Http2Handler, disposeHandler: false)
{
    /// <summary>Where it goes now.</summary>
    public BackendTarget? Target { get; set; }

    /// <summary>The request's path and query as the caller sent them; begins with a slash.</summary>
    public string PathAndQuery { get; set; } = "/";

    /// <summary>Whether a pooled connection must not be used, because the last one was lost.</summary>
    public bool NeedsNewConnection { get; set; }

    /// <summary>Whether the backend may be silent for any time.</summary>
    public bool IsUnlimited { get; set; }

    /// <summary>The request's body, or null without one.</summary>
    public UntouchedBodyStream? Body => body;

    /// <summary>The caller's trailers, once its body has ended.</summary>
    public IHeaderDictionary? Trailers => context.Features.Get<IHttpRequestTrailersFeature>() is { Available: true } feature ? feature.Trailers : null;

    /// <inheritdoc/>
    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        client.SendAsync(request, this, cancellationToken);
}
