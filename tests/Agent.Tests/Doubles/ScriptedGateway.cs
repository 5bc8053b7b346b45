using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Opsen.Agent.Tests.Doubles;

/// <summary>A real HTTP server that keeps what it is sent and answers what the test says; as a gateway that accepts when that is nothing.</summary>
internal sealed class ScriptedGateway : IAsyncDisposable
{
    private static readonly ScriptedAnswer Accepted = new(200, """{"status":"ok"}""", null, null, "application/json");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<ReceivedCall> _calls = Channel.CreateUnbounded<ReceivedCall>();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<ScriptedAnswer>> _answers = new();
    private readonly WebApplication _server;
    private volatile string? _silent;

    private ScriptedGateway()
    {
        var builder = WebApplication.CreateSlimBuilder();
        _ = builder.Logging.ClearProviders();
        _ = builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(HandleAsync);
    }

    public string Url => _server.Urls.Single();

    /// <summary>Where it says that its callers come from.</summary>
    public string? SeenAddress { get; set; }

    public static async Task<ScriptedGateway> StartAsync()
    {
        var gateway = new ScriptedGateway();
        await gateway._server.StartAsync();
        return gateway;
    }

    public void Answer(string path, int status, string body = "", string? retryAfter = null, string? location = null, string? contentType = null) =>
        _answers.GetOrAdd(path, _ => new()).Enqueue(new ScriptedAnswer(status, body, retryAfter, location, contentType));

    public void Answer(string path, int status, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Answer(path, status);
        }
    }

    /// <summary>Never answers a path from now on.</summary>
    public void FallSilent(string path) => _silent = path;

    public async Task<ReceivedCall> NextCallAsync() => await _calls.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>Takes the next calls, which must be to these paths.</summary>
    public async Task ExpectAsync(params string[] paths)
    {
        foreach (var path in paths)
        {
            Assert.Equal(path, (await NextCallAsync()).Path);
        }
    }

    public bool HasCall => _calls.Reader.TryPeek(out _);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var body = context.Request.ContentLength > 0 ? await JsonDocument.ParseAsync(context.Request.Body) : JsonDocument.Parse("null");
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        _ = _calls.Writer.TryWrite(new ReceivedCall(context.Request.Method, context.Request.Path + context.Request.QueryString, headers,
            body.RootElement.Clone()));
        if (context.Request.Path == _silent)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        if (!_answers.TryGetValue(context.Request.Path, out var answers) || !answers.TryDequeue(out var answer))
        {
            answer = Accepted;
        }

        context.Response.StatusCode = answer.Status;
        if (SeenAddress is not null)
        {
            context.Response.Headers["X-Opsen-Client-Address"] = SeenAddress;
        }

        if (answer.RetryAfter is not null)
        {
            context.Response.Headers.RetryAfter = answer.RetryAfter;
        }

        if (answer.Location is not null)
        {
            context.Response.Headers.Location = answer.Location;
        }

        if (answer.ContentType is not null)
        {
            context.Response.Headers.ContentType = answer.ContentType;
        }

        await context.Response.WriteAsync(answer.Body);
    }

    private sealed record ScriptedAnswer(int Status, string Body, string? RetryAfter, string? Location, string? ContentType);
}

/// <summary>A request that a <see cref="ScriptedGateway"/> got.</summary>
internal sealed record ReceivedCall(string Method, string Path, IReadOnlyDictionary<string, string> Headers, JsonElement Body);
