using System.Collections.Concurrent;
using System.Net;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Hosts;

/// <summary>Hosts that operators take out while users work.</summary>
public class DrainTests
{
    private const int Sessions = 200;
    private const int Callers = 8;

    /// <summary>New ones between two marks: as many as have room beside the old ones on the host that stays, however fast the machine is.</summary>
    private const int NewSessions = 200;

    /// <summary>Long enough that every session is seen on its old host after the drain began, on a machine that is busy with other work too.</summary>
    private const int DeadlineSeconds = 12;

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Drain_UnderLoad_FailsNothingPlacesNothingAndMovesEverySessionAfterTheDeadline(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape);
        await using var first = await EchoServer.StartAsync("first");
        await using var second = await EchoServer.StartAsync("second");
        var draining = await new TestHost { Url = first.Url.OriginalString }.JoinAsync(server);
        for (var i = 0; i < Sessions; i++)
        {
            Assert.Equal("first", (await AskAsync(server, $"old-{i}")).Expect(HttpStatusCode.OK)["name"].GetString());
        }

        await new TestHost { Url = second.Url.OriginalString, CpuUsage = [90, 90, 90, 90] }.JoinAsync(server);
        await Eventually.HoldsAsync("every session is counted", async () => await SessionsAsync(server, draining) == Sessions);
        using var load = new Load(server);

        await server.SendAsync(HttpMethod.Post, $"/clients/{draining.Id}/drain?deadline_seconds={DeadlineSeconds}", null);
        await Eventually.HoldsAsync("the drain is shown", () => IsAsync(server, draining, "draining"));
        var mark = load.Mark();
        Dictionary<string, string> during = [];
        await Eventually.HoldsAsync("every session was served during the drain, and new ones too", async () =>
        {
            during = load.OldSince(mark);
            return during.Count == Sessions && load.NewSince(mark) > 20 && await SessionsAsync(server, draining) >= Sessions
                && await IsAsync(server, draining, "draining");
        });
        Assert.All(during, pair => Assert.Equal((pair.Key, "first"), (pair.Key, pair.Value)));

        await Eventually.HoldsAsync("the deadline has passed", () => IsAsync(server, draining, "drained"));
        var after = load.Mark();
        await Eventually.HoldsAsync("every session was served after it", () => Task.FromResult(load.OldSince(after).Count == Sessions));
        var failures = await load.StopAsync();

        Assert.All(load.OldSince(after), pair => Assert.Equal((pair.Key, "second"), (pair.Key, pair.Value)));
        Assert.Empty(failures);
        Assert.DoesNotContain("first", load.HostsOfNewSince(mark));
        Assert.False(await HasOldSessionAsync(server, draining));
    }

    [Theory]
    [InlineData(Shape.Embedded, Victim.All)]
    [InlineData(Shape.Localhost, Victim.Silo)]
    public async Task Kill_DrainAndMaintenance_AreStillThere(Shape shape, Victim victim)
    {
        await using var server = await Deployment.StartAsync(shape);
        var drained = await new TestHost().JoinAsync(server);
        var maintained = await new TestHost().JoinAsync(server);
        var deadline = (await server.SendAsync(HttpMethod.Post, $"/clients/{drained.Id}/drain?deadline_seconds=3600", null)).Expect(HttpStatusCode.OK)["drain_deadline"].GetDateTimeOffset();
        (await server.SendAsync(HttpMethod.Post, $"/clients/{maintained.Id}/maintenance", null)).Expect(HttpStatusCode.OK);

        await server.KillAsync(victim);
        await server.StartMissingAsync();

        await Eventually.HoldsAsync("both are known", async () => await IsAsync(server, drained, "draining") && await IsAsync(server, maintained, "maintenance"));
        Assert.Equal(deadline, (await server.FindClientAsync(drained.Id))!.Value.GetProperty("drain_deadline").GetDateTimeOffset());
        Assert.Contains("2 draining", (await server.RouteAsync("tiny")).ExpectProblem(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        (await server.SendAsync(HttpMethod.Post, $"/clients/{maintained.Id}/undrain", null)).Expect(HttpStatusCode.OK);
        await Eventually.HoldsAsync("the host is used again", async () => (await server.RouteAsync("tiny")).Status == HttpStatusCode.OK);
        (await server.SendAsync(HttpMethod.Delete, $"/clients/{maintained.Id}", null)).Expect(HttpStatusCode.NoContent);
        (await server.SendAsync(HttpMethod.Delete, $"/clients/{maintained.Id}", null)).ExpectProblem(HttpStatusCode.NotFound);
        await Eventually.HoldsAsync("it is gone", async () => await server.FindClientAsync(maintained.Id) is null);
    }

    /// <summary>Asks until the server decides: a machine that is busy with other work may keep it from that.</summary>
    private static Task<Reply> AskAsync(Deployment server, string session) => Wait.ForAsync(
        $"an answer for {session}",
        async _ => await server.GetAsync("/app/x?tier=tiny", ("X-Session-ID", session)) is { IsUndecided: false } reply ? reply : null,
        Patience.Change,
        TestContext.Current.CancellationToken);

    private static async Task<bool> HasOldSessionAsync(Deployment server, TestHost host) =>
        (await server.GetAsync($"/sessions?client_id={host.Id}&limit=1000")).Expect(HttpStatusCode.OK).Text.Contains("old-", StringComparison.Ordinal);

    private static async Task<bool> IsAsync(Deployment server, TestHost host, string lifecycle) =>
        (await server.FindClientAsync(host.Id))?.GetProperty("lifecycle").GetString() == lifecycle;

    private static async Task<int?> SessionsAsync(Deployment server, TestHost host) =>
        (await server.FindClientAsync(host.Id))?.TryGetProperty("sessions", out var sessions) == true ? sessions.GetInt32() : null;

    /// <summary>Callers that ask for the old sessions, over and over, and begin new ones between.</summary>
    private sealed class Load : IDisposable
    {
        private readonly ConcurrentQueue<(long Began, string Session, string Host)> _answers = new();
        private readonly ConcurrentQueue<string> _failures = new();
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _callers;
        private int _marks;
        private long _requests;

        public Load(Deployment server) =>
            _callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(server))));

        /// <summary>Requests that begin from now on come after it, and new sessions among them are new since then.</summary>
        public long Mark()
        {
            Interlocked.Increment(ref _marks);
            return Interlocked.Increment(ref _requests);
        }

        public Dictionary<string, string> OldSince(long mark)
        {
            var latest = new Dictionary<string, string>();
            foreach (var answer in Since(mark, "old-"))
            {
                // A session that was seen elsewhere once stays noted as that.
                latest[answer.Session] = latest.TryGetValue(answer.Session, out var seen) && seen != answer.Host ? $"{seen} and {answer.Host}" : answer.Host;
            }

            return latest;
        }

        public int NewSince(long mark) => Since(mark, "new-").Count();

        public IEnumerable<string> HostsOfNewSince(long mark) => Since(mark, "new-").Select(answer => answer.Host).Distinct();

        public async Task<IReadOnlyCollection<string>> StopAsync()
        {
            await _stop.CancelAsync();
            await _callers;
            return _failures;
        }

        public void Dispose() => _stop.Dispose();

        private IEnumerable<(long Began, string Session, string Host)> Since(long mark, string kind) =>
            _answers.Where(answer => answer.Began > mark && answer.Session.StartsWith(kind, StringComparison.Ordinal));

        private async Task CallAsync(Deployment server)
        {
            using var pause = new PeriodicTimer(Patience.OfUsers);
            while (!_stop.IsCancellationRequested)
            {
                await pause.WaitForNextTickAsync(CancellationToken.None);
                var began = Interlocked.Increment(ref _requests);
                var session = began % 10 == 0 ? $"new-{_marks}-{began / 10 % NewSessions}" : $"old-{(began - (began / 10)) % Sessions}";
                try
                {
                    var reply = await AskAsync(server, session);
                    if (reply.Status == HttpStatusCode.OK)
                    {
                        _answers.Enqueue((began, session, reply["name"].GetString()!));
                    }
                    else
                    {
                        _failures.Enqueue($"{session}: {reply.Text}");
                    }
                }
                catch (Exception error) when (error is HttpRequestException or OperationCanceledException or TimeoutException)
                {
                    _failures.Enqueue($"{session}: {error.Message}");
                }
            }
        }
    }
}
