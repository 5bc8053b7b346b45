using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Proxy.Http1;

namespace Opsen.Gateway.Proxy;

/// <summary>One request as the forwarder's way to its backends: what the client of a backend has to know of it beside the outgoing message.</summary>
internal sealed class BackendExchange(BackendClient client, HttpContext context) : HttpMessageInvoker(client.Http2, disposeHandler: false)
{
    private Upload? _upload;

    /// <summary>Where it goes now.</summary>
    public BackendTarget? Target { get; set; }

    /// <summary>Whether a connection that has served before will not do: the last one was lost.</summary>
    public bool NeedsNewConnection { get; set; }

    /// <summary>Whether the answer has begun while the request's body is still being sent.</summary>
    public bool IsUploading => _upload is { IsRunning: true };

    /// <summary>What the client sent behind its body, once that has come to its end.</summary>
    public IHeaderDictionary? Trailers => context.Features.Get<IHttpRequestTrailersFeature>() is { Available: true } feature ? feature.Trailers : null;

    /// <summary>The answer's head has come.</summary>
    public void Answered(Upload? upload) => _upload = upload;

    /// <inheritdoc/>
    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        client.SendAsync(request, this, cancellationToken);
}
