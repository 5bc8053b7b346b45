using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Proxy;

/// <summary>What users see when a backend is killed while others have room. Without health checks, so that all of it is the gateway's own doing.</summary>
public class KilledBackendTests
{
    private const int Workers = 16;

    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Proxy_BackendIsKilledUnderLoad_NoIdempotentRequestFails(Shape shape)
    {
        await using var server = await StartAsync(shape);
        await using var first = await EchoServer.StartAsync("first");
        await using var second = await EchoServer.StartAsync("second");
        await new TestHost { Url = first.Url.OriginalString }.JoinAsync(server);
        await new TestHost { Url = second.Url.OriginalString }.JoinAsync(server);
        var (dying, other) = (await PatientlyAsync(() => server.GetAsync("/app/x?tier=web"))).Expect(HttpStatusCode.OK)["name"].GetString() == "first"
            ? (first, second) : (second, first);
        var answers = new ConcurrentQueue<Answer>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var load = Task.WhenAll(Enumerable.Range(0, Workers).Select(i => LoadAsync(server, i, answers, stop.Token)));
        await Eventually.HoldsAsync("the load has reached the backend", () => Task.FromResult(answers.Count(answer => answer.Name == dying.Name) > 20 * Workers));

        await dying.KillAsync();
        var killed = Stopwatch.GetTimestamp();
        var before = answers.Count;
        await Eventually.HoldsAsync(
            "the load has gone on for three seconds", () => Task.FromResult(Stopwatch.GetElapsedTime(killed) > 3 * Settled && answers.Count > before + (20 * Workers)));
        await dying.StartAgainAsync();
        await Eventually.HoldsAsync("it is used again", () => Task.FromResult(answers.Any(answer => answer.Name == dying.Name && answer.Begun > killed)));
        await stop.CancelAsync();
        await load;

        Assert.DoesNotContain(answers, answer => answer is not ({ Status: HttpStatusCode.OK } or { IsUndecided: true }));
        Assert.Contains(answers, answer => answer.Attempts > 1);

        // Later than a second after the kill, only trials of the dead backend need a second attempt; they come after 1, 2, 4 … seconds.
        var late = answers.Where(answer => answer.Begun > killed + (long)(Settled.TotalSeconds * Stopwatch.Frequency) && answer.Name == other.Name).ToList();
        Assert.NotEmpty(late);
        Assert.InRange(late.Count(answer => answer.Attempts > 1), 0, 4);

        // What is left is one reservation for each session; those of requests have ended with them, of retried ones too. The last one may still be on its way,
        // and a decision that came too late may have reserved for nobody.
        (await PatientlyAsync(() => server.GetAsync("/app/x?tier=web"))).Expect(HttpStatusCode.OK);
        var purged = (await PatientlyAsync(() => server.SendAsync(HttpMethod.Post, "/clients/purge-pending", null))).Expect(HttpStatusCode.OK);
        Assert.InRange(purged["purged"].GetInt32(), Workers / 2, (Workers / 2) + 1 + answers.Count(answer => answer.IsUndecided));
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Proxy_OneEndpointOfASessionsHostIsKilled_SessionStaysAndItsOtherPathsToo(Shape shape)
    {
        await using var server = await StartAsync(shape);
        await using var web = await EchoServer.StartAsync("web");
        await using var api = await EchoServer.StartAsync("api");
        await using var other = await EchoServer.StartAsync("other");
        var host = await new TestHost { Endpoints = [(web.Url.OriginalString, ["/app/web"]), (api.Url.OriginalString, ["/app/api"])] }.JoinAsync(server);
        Assert.Equal("api", await NameAsync(server, "/app/api"));
        await new TestHost { Url = other.Url.OriginalString }.JoinAsync(server);

        await api.KillAsync();

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("other", await NameAsync(server, "/app/api"));
            Assert.Equal("web", await NameAsync(server, "/app/web"));
        }

        Assert.Contains(host.Id, (await server.GetAsync("/sessions/s")).Expect(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        await web.KillAsync();
        Assert.Equal("other", await NameAsync(server, "/app/web"));
        Assert.Equal("other", await NameAsync(server, "/app/web"));
        Assert.DoesNotContain(host.Id, (await server.GetAsync("/sessions/s")).Expect(HttpStatusCode.OK).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    public async Task Proxy_BackendsResetAfterSomeOfTheBody_NoPostIsSentTwice(Shape shape)
    {
        await using var server = await StartAsync(shape);
        await using var first = new ResettingBackend();
        await using var second = new ResettingBackend();
        await new TestHost { Url = first.Url }.JoinAsync(server);
        await new TestHost { Url = second.Url }.JoinAsync(server);

        for (var i = 0; i < 20; i++)
        {
            var body = new byte[1 + (i * 20_000)];
            var reply = await PatientlyAsync(() => server.SendAsync(HttpMethod.Post, "/app/x", new ByteArrayContent(body), ("X-Tier", "web")));

            reply.ExpectProblem(HttpStatusCode.BadGateway);
            Assert.Equal(i + 1, first.Received + second.Received);
        }
    }

    private static Task<Deployment> StartAsync(Shape shape) => Deployment.StartAsync(shape, static settings =>
    {
        settings["expose_routing_headers"] = "true";
        settings["tiers"] = "[{name: web, vcpu: 0, memory_gb: 0.001, storage_gb: 0, reservation: request}, {name: tiny, vcpu: 0, memory_gb: 0.01, storage_gb: 0}]";
    });

    private static async Task<string?> NameAsync(Deployment server, string path) =>
        (await PatientlyAsync(() => server.GetAsync(path + "?tier=tiny", ("X-Session-ID", "s")))).Expect(HttpStatusCode.OK)["name"].GetString();

    /// <summary>A machine that is busy with other work cannot always decide in time; then the request has gone nowhere and is sent again.</summary>
    private static Task<Reply> PatientlyAsync(Func<Task<Reply>> send) => Wait.ForAsync(
        "an answer", async _ => await send() is { IsUndecided: false } reply ? reply : null, Patience.Change, TestContext.Current.CancellationToken);

    /// <summary>Sends one request after another, of a session in every second worker.</summary>
    private static async Task LoadAsync(Deployment server, int worker, ConcurrentQueue<Answer> answers, CancellationToken stop)
    {
        (string, string)[] session = worker % 2 == 0 ? [("X-Session-ID", $"worker-{worker}")] : [];
        using var pause = new PeriodicTimer(Patience.OfUsers);
        while (!stop.IsCancellationRequested)
        {
            await pause.WaitForNextTickAsync(CancellationToken.None);
            var begun = Stopwatch.GetTimestamp();
            var reply = await server.GetAsync("/app/x?tier=" + (session.Length > 0 ? "tiny" : "web"), session);
            var isAnswer = reply.Status == HttpStatusCode.OK;
            answers.Enqueue(new Answer(
                begun,
                reply.Status,
                reply.IsUndecided,
                isAnswer ? reply["name"].GetString() : reply.Text,
                isAnswer ? int.Parse(Assert.Single(reply.Headers.GetValues("X-Opsen-Attempts")), CultureInfo.InvariantCulture) : 0));
        }
    }

    private sealed record Answer(long Begun, HttpStatusCode Status, bool IsUndecided, string? Name, int Attempts);
}
