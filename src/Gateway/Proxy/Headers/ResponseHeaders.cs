using System.Globalization;
using Opsen.Gateway.Orca;
using Opsen.Gateway.Proxy.Http1;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Proxy.Headers;

/// <summary>Removes from a backend's response what is meant for the gateway, and adds how it was routed where <c>expose_routing_headers</c> is on.</summary>
internal sealed class ResponseHeaders(OrcaInbox loadReports, ProxySettings settings)
{
    private const string ClientId = "X-Opsen-Client-ID";
    private const string Hostname = "X-Opsen-Hostname";
    private const string Tier = "X-Opsen-Tier";
    private const string DistanceKm = "X-Opsen-Distance-Km";
    private const string Attempts = "X-Opsen-Attempts";
    private const string Pool = "X-Opsen-Pool";
    private const string Spilled = "X-Opsen-Spilled";

    /// <summary>What is configured.</summary>
    public ProxySettings Settings => settings;

    /// <summary>Finishes a response's headers, which have been copied.</summary>
    public void Finish(HttpContext context, ForwardedRequest request)
    {
        var headers = context.Response.Headers;
        loadReports.TakeFrom(headers, request.Host.ClientId);
        if (settings.ExposesRouting)
        {
            Describe(headers, request);
        }
    }

    /// <summary>Finishes a response's trailers before they are copied: gRPC servers send their load reports there.</summary>
    public void FinishTrailers(HttpContext context, HttpResponseMessage answer, ForwardedRequest request)
    {
        // TrailingHeaders allocates an empty collection when it is read.
        if (HttpProtocol.IsHttp2(context.Request.Protocol) || answer.Version.Major > 1 || answer.Content is ResponseContent { HasTrailers: true })
        {
            loadReports.TakeFrom(answer.TrailingHeaders, request.Host.ClientId);
        }
    }

    private static void Describe(IHeaderDictionary headers, ForwardedRequest request)
    {
        headers[ClientId] = WireText.Encode(request.Host.ClientId);
        headers[Hostname] = WireText.Encode(request.Host.Registration.Hostname);
        headers[Tier] = WireText.Encode(request.Tier);
        headers[DistanceKm] = request.Route.Decision.DistanceKm.ToString("0.#", CultureInfo.InvariantCulture);
        headers[Attempts] = request.Attempts.ToString(CultureInfo.InvariantCulture);
        if (request.Route.Decision.Pool.Length > 0)
        {
            headers[Pool] = WireText.Encode(request.Route.Decision.Pool);
            headers[Spilled] = request.Route.HasSpilled ? "true" : "false";
        }
    }
}
