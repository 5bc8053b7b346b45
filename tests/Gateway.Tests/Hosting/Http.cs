using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Opsen.Gateway.Tests.Hosting;

/// <summary>Requests and checks that many tests share.</summary>
internal static class Http
{
    public static StringContent Json(string body, string? contentType = "application/json")
    {
        var content = new StringContent(body, Encoding.UTF8);
        content.Headers.Remove("Content-Type");
        if (contentType is not null)
        {
            Assert.True(content.Headers.TryAddWithoutValidation("Content-Type", contentType));
        }

        return content;
    }

    public static async Task<HttpResponseMessage> PostAsync(this EdgeHost host, string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await host.Client.SendAsync(request);
    }

    /// <summary>Checks that an answer is a problem of this kind and returns its detail.</summary>
    public static async Task<string> AssertProblemAsync(this HttpResponseMessage response, HttpStatusCode status, string type)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} instead of {(int)status}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.ToString());
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        Assert.Equal($"urn:opsen:problem:{type}", root.GetProperty("type").GetString());
        Assert.Equal((int)status, root.GetProperty("status").GetInt32());
        Assert.NotEqual("", root.GetProperty("title").GetString());
        var detail = root.GetProperty("detail").GetString();
        Assert.False(string.IsNullOrWhiteSpace(detail));
        return detail;
    }

    public static async Task<JsonElement> ReadJsonAsync(this HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Sends a proxied request with these headers and returns what the stand-in for the proxy saw: scheme and client address.</summary>
    public static async Task<string> GetForwardedAsync(this EdgeHost host, string? forwardedFor, string? realIp, string? scheme = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/app/x");
        Add("X-Forwarded-For", forwardedFor);
        Add("X-Real-IP", realIp);
        Add("X-Forwarded-Proto", scheme);
        using var response = await host.Client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                request.Headers.Add(name, value);
            }
        }
    }

    /// <summary>Sends bytes that no client library would send and returns all that comes back until the server closes.</summary>
    public static async Task<string> SendRawAsync(Uri address, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await reader.ReadToEndAsync(patience.Token);
    }
}
