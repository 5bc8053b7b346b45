using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Opsen.Agent.Network;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Agent.Reporting;

/// <summary>The gateway's calls for agents. A failure is a response, not an exception, whatever answers.</summary>
internal sealed class GatewayClient(HttpClient http, AgentOptions options, TimeProvider time)
{
    private const int MaxDetail = 500;

    private readonly string _server = options.ServerUrl.TrimEnd('/');

    /// <summary>Registers the host (<c>POST /register</c>).</summary>
    public Task<GatewayAnswer> RegisterAsync(RegisterRequest registration, CancellationToken cancellationToken) =>
        PostAsync("/register", registration, ProtocolJsonContext.Default.RegisterRequest, cancellationToken);

    /// <summary>Reports the host's load (<c>POST /stats</c>).</summary>
    public Task<GatewayAnswer> ReportAsync(StatsRequest stats, CancellationToken cancellationToken) =>
        PostAsync("/stats", stats, ProtocolJsonContext.Default.StatsRequest, cancellationToken);

    /// <summary>Asks for no new sessions on this host, because its agent stops (<c>POST /clients/{id}/drain</c>); the next registration ends that.</summary>
    public async Task<GatewayAnswer> DrainAsync(string clientId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_server}/clients/{Uri.EscapeDataString(clientId)}/drain?reason=shutdown");
        return await SendAsync(request, cancellationToken);
    }

    private async Task<GatewayAnswer> PostAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _server + path);

        // An array has a length to announce; JsonContent would be sent in chunks.
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await SendAsync(request, cancellationToken);
    }

    private async Task<GatewayAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (options.ServerKey.Length > 0)
        {
            _ = request.Headers.TryAddWithoutValidation(HeaderNames.ApiKey, options.ServerKey);
        }

        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var body = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return !response.IsSuccessStatusCode ? new GatewayAnswer(OutcomeOf(response.StatusCode), Describe(response, body), RetryAfter(response))
                : IsOfGateway(body) ? new GatewayAnswer(GatewayOutcome.Accepted, Address: SeenAddress(response))
                : new GatewayAnswer(GatewayOutcome.Failed, $"what answers at {_server} is no gateway: {Describe(response, body)}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            return new GatewayAnswer(GatewayOutcome.Failed, $"no answer within {http.Timeout.TotalSeconds} s");
        }
#pragma warning disable CA1031 // Nothing that comes over the network may end the agent, and what all can go wrong with it is not written down anywhere.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new GatewayAnswer(GatewayOutcome.Failed, NetworkProblem.Describe(exception));
        }
    }

    private static IPAddress? SeenAddress(HttpResponseMessage response) =>
        response.Headers.TryGetValues(HeaderNames.ClientAddress, out var values) && IPAddress.TryParse(values.First(), out var address) ? address : null;

    /// <summary>Whether a gateway wrote this: an object in JSON with a status or a host's id. A page of a captive portal or of a misguided proxy is
    /// none.</summary>
    private static bool IsOfGateway(string body) => StringOf(body, "status") is not null || StringOf(body, "client_id") is not null;

    private static GatewayOutcome OutcomeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound => GatewayOutcome.UnknownHost,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => GatewayOutcome.Refused,
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => GatewayOutcome.Busy,
        HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => GatewayOutcome.Failed,
        _ => GatewayOutcome.Rejected,
    };

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };

    // "400 Bad Request: cpu_usage_avg[3] is 140, allowed are 0 to 100"
    private static string Describe(HttpResponseMessage response, string body)
    {
        var status = $"{(int)response.StatusCode} {response.ReasonPhrase}";
        if (response.Headers.Location is { } location)
        {
            return Visible($"{status}: it moved to {location}");
        }

        // What is no problem document is what a proxy on the way wrote: it is shown as it is.
        var detail = StringOf(body, "detail") ?? body.Trim();
        return Visible(detail.Length == 0 ? status : $"{status}: {(detail.Length > MaxDetail ? detail[..MaxDetail] : detail)}");
    }

    // It goes to the log.
    private static string Visible(string text) => string.Concat(text.Select(static character => char.IsControl(character) ? ' ' : character));

    private static string? StringOf(string body, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value)
                ? value.ToString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
