using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Opsen.Client;

/// <summary>Talks to a gateway's API. Safe for any number of callers at once.</summary>
public sealed class OpsenClient : IDisposable
{
    private const string KeyHeader = "X-API-Key";
    private const string KeyOfRequestHeader = "Idempotency-Key";
    /// <summary>Less than <see cref="HttpClient.Timeout"/> is unless told.</summary>
    private const int MostWaitSeconds = 60;
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http;
    private readonly bool _ownsHttp;
    private readonly string _sessionHeader;
    private readonly TimeProvider _time;

    /// <summary>A client with connections of its own.</summary>
    /// <param name="gateway">The gateway's URL, such as <c>http://gateway:8080</c>.</param>
    /// <param name="apiKey">A key with the scope <c>operate</c>, where the gateway wants one.</param>
    /// <param name="sessionHeader">The gateway's <c>sticky_header</c>.</param>
    public OpsenClient(Uri gateway, string? apiKey = null, string sessionHeader = "X-Session-ID")
        : this(new HttpClient { BaseAddress = gateway }, sessionHeader)
    {
        _ownsHttp = true;
        if (!string.IsNullOrEmpty(apiKey))
        {
            _http.DefaultRequestHeaders.Add(KeyHeader, apiKey);
        }
    }

    /// <summary>A client over one that the caller has made, with the gateway as its base address and the key among its headers.</summary>
    /// <param name="http">The client; it is the caller's to dispose.</param>
    /// <param name="sessionHeader">The gateway's <c>sticky_header</c>.</param>
    /// <param name="time">The clock; the system's unless told.</param>
    public OpsenClient(HttpClient http, string sessionHeader = "X-Session-ID", TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        (_http, _sessionHeader, _time) = (http, sessionHeader, time ?? TimeProvider.System);
    }

    /// <summary>Asks for a host and reserves on it.</summary>
    /// <exception cref="OpsenException">The gateway refuses: nothing fits, the tier is not configured, the key is wrong. The message says what to change.</exception>
    /// <exception cref="HttpRequestException">The gateway cannot be reached, and could not for <see cref="PlacementRequest.Wait"/>.</exception>
    /// <remarks>Every call has a key of its own (<c>Idempotency-Key</c>): what is asked for again, because an answer was lost, is reserved once.</remarks>
    public async Task<Placement> RouteAsync(PlacementRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var since = _time.GetTimestamp();
        var key = Guid.NewGuid();
        while (true)
        {
            using var response = await TrySendAsync(request, key, since, cancellation).ConfigureAwait(false);
            if (response is null)
            {
                await Task.Delay(LeastPause, _time, cancellation).ConfigureAwait(false);
                continue;
            }

            if (response.IsSuccessStatusCode)
            {
                var answer = await response.Content.ReadFromJsonAsync(ClientJsonContext.Default.RouteAnswer, cancellation).ConfigureAwait(false)
                    ?? throw new OpsenException(response.StatusCode, "", "The gateway answered without a placement.", null);
                return new Placement(this, answer, _time);
            }

            var refusal = await ReadRefusalAsync(response, cancellation).ConfigureAwait(false);
            var pause = refusal.RetryAfter is { } told && told > LeastPause ? told : LeastPause;
            if (refusal.Status is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)
                || _time.GetElapsedTime(since) + pause > request.Wait)
            {
                throw refusal;
            }

            await Task.Delay(pause, _time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Starts a reservation's time anew. False when it is over.</summary>
    /// <exception cref="OpsenException">The gateway refuses, or cannot do it now.</exception>
    public Task<bool> RenewAsync(string reservationId, CancellationToken cancellation = default) =>
        ChangeAsync(HttpMethod.Post, $"/reservations/{Uri.EscapeDataString(reservationId)}/renew", cancellation);

    /// <summary>Gives a reservation back. False when it is over already.</summary>
    /// <exception cref="OpsenException">The gateway refuses, or cannot do it now; the reservation ends by itself then.</exception>
    public Task<bool> ReleaseAsync(string reservationId, CancellationToken cancellation = default) =>
        ChangeAsync(HttpMethod.Delete, $"/reservations/{Uri.EscapeDataString(reservationId)}", cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsHttp)
        {
            _http.Dispose();
        }
    }

    /// <summary>Null when the gateway cannot be reached, or its answer was lost, and there is time to ask again.</summary>
    private async Task<HttpResponseMessage?> TrySendAsync(PlacementRequest request, Guid key, long since, CancellationToken cancellation)
    {
        try
        {
            return await SendAsync(request, key, since, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException) when (_time.GetElapsedTime(since) + LeastPause <= request.Wait)
        {
            return null;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(PlacementRequest request, Guid key, long since, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/route")
        {
            Content = JsonContent.Create(
                new RouteBody(request.Tier, request.ClientIp, request.Latitude, request.Longitude), ClientJsonContext.Default.RouteBody),
        };
        if (request.SessionId is { } session)
        {
            message.Headers.Add(_sessionHeader, session);
        }
        else
        {
            message.Headers.Add(KeyOfRequestHeader, key.ToString());
        }

        // The gateway waits as long as its tier allows; what is left is for asking again.
        var wait = Math.Clamp(Math.Floor((request.Wait - _time.GetElapsedTime(since)).TotalSeconds), 0, MostWaitSeconds);
        message.Headers.TryAddWithoutValidation("Prefer", string.Create(CultureInfo.InvariantCulture, $"wait={wait:0}"));

        return await _http.SendAsync(message, cancellation).ConfigureAwait(false);
    }

    private async Task<bool> ChangeAsync(HttpMethod method, string path, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(method, path);
        using var response = await _http.SendAsync(message, cancellation).ConfigureAwait(false);
        return response.IsSuccessStatusCode
            || (response.StatusCode == HttpStatusCode.NotFound ? false : throw await ReadRefusalAsync(response, cancellation).ConfigureAwait(false));
    }

    /// <summary>What a proxy or a load balancer before the gateway answers is no problem of the API.</summary>
    private static async Task<OpsenException> ReadRefusalAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var text = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (response.Content.Headers.ContentType?.MediaType == "application/problem+json"
                && JsonSerializer.Deserialize(text, ClientJsonContext.Default.ProblemAnswer) is { } problem)
            {
                return new OpsenException(response.StatusCode, problem.Type ?? "", problem.Detail ?? "", response.Headers.RetryAfter?.Delta);
            }
        }
        catch (JsonException)
        {
            // The text below says it.
        }

        return new OpsenException(response.StatusCode, "", $"The gateway answered {(int)response.StatusCode}.", response.Headers.RetryAfter?.Delta);
    }
}
