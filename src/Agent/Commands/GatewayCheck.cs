using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Opsen.Agent.Network;
using Opsen.Agent.Reporting;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Agent.Commands;

/// <summary>Checks the way to the gateway: its name, the connection, the certificate, the key, the clocks, and whether it reaches this host.</summary>
internal sealed class GatewayCheck(AgentOptions options, Findings findings, TimeProvider time)
{
    private static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(3);

    private readonly string _server = options.ServerUrl.TrimEnd('/');

    /// <summary>Makes the checks.</summary>
    /// <param name="clientId">The host's id; null when it has none yet.</param>
    public async Task RunAsync(string? clientId)
    {
        using var http = GatewayConnection.Create(options);
        if (await CheckServerAsync(http) && await CheckKeyAsync(http))
        {
            await CheckHostAsync(http, clientId);
        }

        await CheckEndpointsAsync();
    }

    private async Task<bool> CheckServerAsync(HttpClient http)
    {
        var answer = await AskAsync(http, "/health", "");
        if (answer.Error is not null || answer.Body is not { ValueKind: JsonValueKind.Object } health || !health.TryGetProperty("total_clients", out var hosts))
        {
            findings.Add(Verdict.Bad, "gateway", $"{_server}: {answer.Error ?? $"no gateway answers there but something else, with {answer.Status}"}. Check server_url");
            return false;
        }

        findings.Add(Verdict.Good, "gateway", $"{_server} answers, with {hosts.GetRawText()} hosts registered");
        if (answer.Date is { } date && (time.GetUtcNow() - date) is var skew && skew.Duration() > MaxSkew)
        {
            findings.Add(Verdict.Odd, "clock", string.Create(CultureInfo.InvariantCulture, $"is {skew.TotalSeconds:F0} s from the gateway's; times in logs will not fit together"));
        }

        return true;
    }

    /// <summary>Sends a report with nothing in it: whether it is refused for the key or for that tells whether the key is right. Changes nothing.</summary>
    private async Task<bool> CheckKeyAsync(HttpClient http)
    {
        var answer = await AskAsync(http, "/stats", options.ServerKey, new ByteArrayContent("{}"u8.ToArray()) { Headers = { { "Content-Type", "application/json" } } });
        if (answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            const string Change = "Set server_key to its server_key, or to one of its api_keys with the scope agent";
            findings.Add(Verdict.Bad, "key", $"the gateway answers {(int)answer.Status}: {answer.Detail.TrimEnd('.')}. {Change}");
            return false;
        }

        if (answer.Status is not (HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.NotFound))
        {
            findings.Add(Verdict.Bad, "key", $"cannot be checked: {answer.Error ?? $"{(int)answer.Status} {answer.Detail}"}");
            return false;
        }

        findings.Add(Verdict.Good, "key", options.ServerKey.Length == 0 ? "none, and the gateway wants none" : "is accepted");
        return true;
    }

    private async Task CheckHostAsync(HttpClient http, string? clientId)
    {
        if (clientId is null)
        {
            return;
        }

        var answer = await AskAsync(http, $"/clients/{Uri.EscapeDataString(clientId)}", options.ServerKey);
        if (answer is not { Status: HttpStatusCode.OK, Body: { ValueKind: JsonValueKind.Object } host })
        {
            findings.Add(Verdict.Odd, "host", "is not registered: it is when the agent runs");
            return;
        }

        var health = Text(host, "health_status");
        var isUp = health != "unhealthy";
        findings.Add(
            Text(host, "is_active") == "True" ? Verdict.Good : Verdict.Odd,
            "host",
            $"registered as {Text(host, "hostname")} at {Text(host, "endpoint")}, {Text(host, "lifecycle")}, last report {Text(host, "last_seen")}");
        findings.Add(
            isUp ? health == "healthy" ? Verdict.Good : Verdict.Odd : Verdict.Bad,
            "reached",
            isUp ? $"the gateway's probes say {health} of {Text(host, "endpoint")}"
                : $"the gateway does not reach {Text(host, "endpoint")}: check endpoint_url, the service there and the firewall between");
    }

    /// <summary>Connects to the endpoints from here, which tells a service that does not run from a network that is closed.</summary>
    private async Task CheckEndpointsAsync()
    {
        var endpoints = options.Endpoints.Count > 0 ? options.Endpoints.Select(static endpoint => endpoint.Url)
            : options.EndpointUrl.Length > 0 ? [options.EndpointUrl]
            : (IEnumerable<string>)[];
        foreach (var endpoint in endpoints)
        {
            var url = new Uri(endpoint);
            using var patience = new CancellationTokenSource(ConnectPatience, time);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(url.DnsSafeHost, url.Port, patience.Token);
                findings.Add(Verdict.Good, "endpoint", $"{endpoint} accepts connections from here");
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                var why = exception is SocketException ? exception.Message : "no answer";
                findings.Add(Verdict.Odd, "endpoint", $"{endpoint} does not accept connections from here: {why}");
            }
        }
    }

    private async Task<Answer> AskAsync(HttpClient http, string path, string key, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(content is null ? HttpMethod.Get : HttpMethod.Post, _server + path) { Content = content };
        if (key.Length > 0)
        {
            _ = request.Headers.TryAddWithoutValidation(HeaderNames.ApiKey, key);
        }

        try
        {
            using var response = await http.SendAsync(request);
            var body = Parse(await response.Content.ReadAsByteArrayAsync());
            return new Answer(response.StatusCode, body, response.Headers.Date);
        }
#pragma warning disable CA1031 // Whatever goes wrong is what the check found.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new Answer(0, null, null) { Error = NetworkProblem.Describe(exception) };
        }
    }

    private static JsonElement? Parse(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // What answers is no gateway; the caller says so.
            return null;
        }
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.ToString() : "unknown";

    private sealed record Answer(HttpStatusCode Status, JsonElement? Body, DateTimeOffset? Date)
    {
        public string? Error { get; init; }

        public string Detail => Body is { ValueKind: JsonValueKind.Object } body ? Text(body, "detail") : "";
    }
}
