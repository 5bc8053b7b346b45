using Opsen.Gateway.Proxy.Streams;
using Yarp.ReverseProxy.Forwarder;

namespace Opsen.Gateway.Proxy.Backends;

/// <summary>Sends a request to the endpoint that was chosen for it, in the protocol that suits both.</summary>
internal sealed class BackendForwarder(IHttpForwarder forwarder, BackendClient client, ForwardingProfiles profiles)
{
    /// <summary>Prepares the exchange of one request; <paramref name="body"/> is its body, or null without one.</summary>
    public BackendExchange Begin(HttpContext context, UntouchedBodyStream? body) => new(client, context, body);

    /// <summary>Forwards the request to its exchange's target. The response is written when it completes, or there is none and the error says why.</summary>
    public ValueTask<ForwarderError> SendAsync(HttpContext context, BackendExchange exchange, bool isUnlimited, HttpTransformer request)
    {
        var target = exchange.Target!;
        exchange.IsUnlimited = isUnlimited;
        return forwarder.SendAsync(context, target.Prefix, exchange, profiles.Choose(context, target, isUnlimited), request, CancellationToken.None);
    }

    /// <summary>A request timed out: close the idle connections to the target, which may be dead.</summary>
    public void Distrust(BackendTarget target) => client.Distrust(target);
}
