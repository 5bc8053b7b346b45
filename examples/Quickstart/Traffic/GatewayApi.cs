using System.Net.Http.Json;
using System.Text.Json;
using Opsen.Examples.Quickstart.Fleet;
using Opsen.Protocol.Http;

namespace Opsen.Examples.Quickstart.Traffic;

/// <summary>Calls the gateway as a user's program would.</summary>
internal sealed class GatewayApi(Uri gateway) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = gateway, Timeout = TimeSpan.FromSeconds(10) };

    /// <summary><c>GET /health</c>.</summary>
    public async Task<HealthResponse> HealthAsync(CancellationToken cancellation) =>
        await _http.GetFromJsonAsync("/health", ProtocolJsonContext.Default.HealthResponse, cancellation)
        ?? throw new JsonException("GET /health answered null.");

    /// <summary><c>GET /clients</c>.</summary>
    public async Task<IReadOnlyList<ClientEntry>> HostsAsync(CancellationToken cancellation) =>
        await _http.GetFromJsonAsync("/clients", ProtocolJsonContext.Default.IReadOnlyListClientEntry, cancellation)
        ?? throw new JsonException("GET /clients answered null.");

    /// <summary>Asks for a host with <c>POST /route</c>.</summary>
    public async Task<Answer> RouteAsync(string? session, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Post, "/route", session);
        request.Content = JsonContent.Create(new RouteRequest { Tier = LocalFleet.Tier }, ProtocolJsonContext.Default.RouteRequest);
        return await SendAsync(request, static json => json.GetProperty("hostname"), cancellation);
    }

    /// <summary>Sends a request through the gateway's proxy to an example backend.</summary>
    public async Task<Answer> ProxyAsync(string path, string? session, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Get, path, session);
        return await SendAsync(request, static json => json.GetProperty("name"), cancellation);
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Request(HttpMethod method, string path, string? session)
    {
        var request = new HttpRequestMessage(method, path);
        if (session is not null)
        {
            request.Headers.Add(LocalFleet.SessionHeader, session);
        }

        return request;
    }

    private async Task<Answer> SendAsync(HttpRequestMessage request, Func<JsonElement, JsonElement> host, CancellationToken cancellation)
    {
        try
        {
            using var response = await _http.SendAsync(request, cancellation);
            var body = await response.Content.ReadAsStringAsync(cancellation);
            if (!response.IsSuccessStatusCode)
            {
                return Answer.Failed($"{request.Method} {request.RequestUri}: {(int)response.StatusCode} {body}");
            }

            var json = JsonElement.Parse(body);
            return new Answer(host(json).GetString() ?? "", json, null);
        }
        catch (Exception problem) when (problem is HttpRequestException or JsonException or KeyNotFoundException
            || (problem is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return Answer.Failed($"{request.Method} {request.RequestUri}: {problem.Message}");
        }
    }
}
