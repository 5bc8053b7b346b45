using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.System.Tests.Harness;

/// <summary>An HTTP answer, read to its end.</summary>
internal sealed record Reply(HttpStatusCode Status, string ContentType, HttpResponseHeaders Headers, IReadOnlyCollection<string> Allow, string Text)
{
    /// <summary>The body as JSON.</summary>
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>A property of the JSON body.</summary>
    public JsonElement this[string property] =>
        Json.TryGetProperty(property, out var value) ? value : throw new KeyNotFoundException($"No '{property}' in: {Text}");

    /// <summary>Whether the server could not decide in time.</summary>
    public bool IsUndecided =>
        Status == HttpStatusCode.ServiceUnavailable && Json.GetProperty("type").GetString()?.EndsWith(":unavailable", StringComparison.Ordinal) == true;

    /// <summary>Asserts the status, with the body in the message.</summary>
    public Reply Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"Expected {(int)status}, got {(int)Status}: {Text}");
        return this;
    }

    /// <summary>Asserts an error as RFC 9457 wants it, with a detail that tells what to change.</summary>
    public string ExpectProblem(HttpStatusCode status)
    {
        Expect(status);
        Assert.Equal("application/problem+json", ContentType);
        Assert.Equal((int)status, this["status"].GetInt32());
        var detail = this["detail"].GetString();
        Assert.False(string.IsNullOrWhiteSpace(detail));
        return detail;
    }
}

/// <summary>Calls the server.</summary>
internal static class HttpCalls
{
    public static Task<Reply> GetAsync(this Deployment server, string path, params (string Name, string Value)[] headers) =>
        server.SendAsync(HttpMethod.Get, path, null, headers);

    public static Task<Reply> PostAsync(this Deployment server, string path, JsonNode body, params (string Name, string Value)[] headers) =>
        server.PostTextAsync(path, body.ToJsonString(), headers);

    public static Task<Reply> PostTextAsync(this Deployment server, string path, string body, params (string Name, string Value)[] headers) =>
        server.SendAsync(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, "application/json"), headers);

    /// <summary>
    /// Posts JSON, and does what the server asks for when it could not do its work in time: send it again. A machine that is busy with other work makes that
    /// happen.
    /// </summary>
    public static Task<Reply> PostPatientlyAsync(this Deployment server, string path, JsonNode body, params (string Name, string Value)[] headers) =>
        Wait.ForAsync(
            $"an answer of {path}",
            async _ => await server.PostAsync(path, body, headers) is { IsUndecided: false } reply ? reply : null,
            Patience.Change,
            TestContext.Current.CancellationToken);

    /// <summary>Asks for a host, for a session unless it is null, from a place unless it is null.</summary>
    public static Task<Reply> RouteAsync(this Deployment server, string tier, string? session = null, TestHost? near = null)
    {
        var body = new JsonObject { ["tier"] = tier };
        if (near is not null)
        {
            body["client_lat"] = near.Latitude;
            body["client_lon"] = near.Longitude;
        }

        return session is null ? server.PostPatientlyAsync("/route", body) : server.PostPatientlyAsync("/route", body, ("X-Session-ID", session));
    }

    public static async Task<Reply> SendAsync(
        this Deployment server, HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType ?? "",
            response.Headers,
            [.. response.Content.Headers.Allow],
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A host's entry in <c>GET /clients</c>; null when it is not there.</summary>
    public static async Task<JsonElement?> FindClientAsync(this Deployment server, string id, string query = "")
    {
        var clients = (await server.GetAsync("/clients" + query)).Expect(HttpStatusCode.OK).Json;
        return clients.EnumerateArray().Cast<JsonElement?>().FirstOrDefault(client => client!.Value.GetProperty("client_id").GetString() == id);
    }
}
