using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Opsen.Gateway.Operator;
using Opsen.Gateway.Security;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Commands;

/// <summary>Talks to a running gateway at its admin listener.</summary>
internal sealed class AdminClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;

    private AdminClient(Uri address, string key)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) };
        _http = new HttpClient(handler) { BaseAddress = address, Timeout = Patience };
        if (key.Length > 0)
        {
            _http.DefaultRequestHeaders.Add(ApiKeyMiddleware.Header, key);
        }
    }

    /// <summary>Where the gateway is.</summary>
    public Uri Address => _http.BaseAddress!;

    /// <summary>A client for the gateway of a configuration, or for the one at <c>-admin URL</c>, with the key of <c>-key</c>, of the variable
    /// <c>OPSEN_API_KEY</c>, or <c>server_key</c>.</summary>
    /// <exception cref="CommandException">The URL is none, or the configuration has no admin listener.</exception>
    public static AdminClient Create(OperatorCommand command, ServerOptions options)
    {
        var key = command.Flags.GetValueOrDefault("key") ?? Environment.GetEnvironmentVariable("OPSEN_API_KEY") ?? "";
        if (key.Length == 0 && !options.ServerKey.StartsWith(ApiKeyOptions.HashPrefix, StringComparison.Ordinal))
        {
            key = options.ServerKey;
        }

        if (command.Flags.TryGetValue("admin", out var url))
        {
            return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                ? new AdminClient(address, key)
                : throw new CommandException($"-admin: '{url}' is not a URL such as http://10.0.0.1:9901", OperatorCommand.UsageExitCode);
        }

        if (options.AdminPort == 0)
        {
            throw new CommandException("admin_port is 0, so the gateway cannot be asked; set it, or name another gateway with -admin URL");
        }

        var host = options.AdminHost is "*" or "0.0.0.0" or "localhost" ? "127.0.0.1" : options.AdminHost is "::" ? "[::1]"
            : options.AdminHost.Contains(':', StringComparison.Ordinal) ? $"[{options.AdminHost}]" : options.AdminHost;
        return new AdminClient(new Uri($"http://{host}:{options.AdminPort}"), key);
    }

    /// <summary>Reads something.</summary>
    /// <exception cref="CommandException">The gateway does not answer, or says no.</exception>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(await SendAsync(HttpMethod.Get, path), type) ?? throw new CommandException($"{Address} answered nothing at {path}");

    /// <summary>The fleet.</summary>
    public Task<FleetDocument> GetFleetAsync() => GetAsync("/fleet", OperatorJsonContext.Default.FleetDocument);

    /// <summary>Sends a call and returns the body of its response.</summary>
    /// <exception cref="CommandException">The gateway does not answer, or says no.</exception>
    public async Task<string> SendAsync(HttpMethod method, string path)
    {
        try
        {
            using var request = new HttpRequestMessage(method, OperatorApi.Root + path);
            using var response = await _http.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            return response.IsSuccessStatusCode ? body : throw new CommandException(Explain(response.StatusCode, body));
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            throw new CommandException(
                $"no gateway answers at {Address}: {error.Message}. Does it run, with this configuration (-config FILE)? Another one: -admin URL",
                CommandException.Unreachable);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>The detail of a problem; what else came, where it is none.</summary>
    private static string Explain(HttpStatusCode status, string body)
    {
        try
        {
            if (JsonNode.Parse(body)?["detail"]?.GetValue<string>() is { Length: > 0 } detail)
            {
                return detail;
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not from our API: the text below says it.
        }

        return $"the gateway answered {(int)status}: {body.Trim()}";
    }
}
