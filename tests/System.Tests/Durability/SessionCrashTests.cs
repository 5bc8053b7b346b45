using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Durability;

/// <summary>An acknowledged session is where it was said to be, whenever the process is killed.</summary>
public class SessionCrashTests
{
    /// <summary>OPSEN_CRASH_ROUNDS asks for more.</summary>
    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("OPSEN_CRASH_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 5;

    private const int Callers = 32;
    private const int AcknowledgedBeforeKill = 300;
    private const int CheckedOfEarlierRounds = 50;

    // With room for every session of every round: what was granted before a kill is held after it.
    private const int Hosts = 8;

    [Fact]
    public async Task Kill_InABurstOfNewSessions_LosesAndChangesNone()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded);
        for (var i = 0; i < Hosts; i++)
        {
            await new TestHost().JoinAsync(server);
        }

        var all = new Dictionary<string, string>();
        var latest = new ConcurrentDictionary<string, string>();
        for (var round = 0; round < Rounds; round++)
        {
            await RoutesAgainAsync(server);
            await AssertWhereTheyWereAsync(server, [.. latest, .. all.OrderBy(_ => Random.Shared.Next()).Take(CheckedOfEarlierRounds)]);
            latest = await BurstUntilKilledAsync(server);
            foreach (var (session, host) in latest)
            {
                all.Add(session, host);
            }

            // From the file as the kill left it: over HTTP a lost session could find its host again through its reservation.
            await AssertStoredAsync(server, latest);
            await server.StartMissingAsync();
        }

        await RoutesAgainAsync(server);
        await AssertWhereTheyWereAsync(server, [.. latest]);
        await server.StopAsync();
        await using var connection = new SqliteConnection($"Data Source={server.DatabaseFile};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        Assert.Equal("ok", await QueryAsync(connection, "PRAGMA integrity_check").SingleAsync(TestContext.Current.CancellationToken));
        var stored = await QueryAsync(connection, "SELECT sticky_id || ' ' || client_id FROM sticky_assignments").ToHashSetAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Subset(stored, all.Select(pair => $"{pair.Key} {pair.Value}").ToHashSet());
        Assert.True(all.Count >= Rounds * AcknowledgedBeforeKill);
    }

    /// <summary>Many callers ask for new sessions until the server is killed under them; returns what was acknowledged.</summary>
    private static async Task<ConcurrentDictionary<string, string>> BurstUntilKilledAsync(Deployment server)
    {
        var acknowledged = new ConcurrentDictionary<string, string>();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var session = Guid.NewGuid().ToString("N");
                    var reply = await server.PostAsync("/route", new JsonObject { ["tier"] = "tiny" }, ("X-Session-ID", session));
                    if (reply.Status == HttpStatusCode.OK)
                    {
                        acknowledged[session] = reply["client_id"].GetString()!;
                        if (acknowledged.Count >= AcknowledgedBeforeKill)
                        {
                            enough.TrySetResult();
                        }
                    }
                }
            }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                // The server is dead.
                enough.TrySetResult();
            }
        })).ToArray();
        await enough.Task;
        await server.KillAsync(Victim.All);
        await Task.WhenAll(callers);
        return acknowledged;
    }

    private static async Task AssertWhereTheyWereAsync(Deployment server, KeyValuePair<string, string>[] sessions) =>
        await Parallel.ForEachAsync(sessions, TestContext.Current.CancellationToken, async (session, _) =>
            Assert.Equal(session.Value, (await server.RouteAsync("tiny", session.Key)).Expect(HttpStatusCode.OK)["client_id"].GetString()));

    private static async Task AssertStoredAsync(Deployment server, IEnumerable<KeyValuePair<string, string>> sessions)
    {
        await using var connection = new SqliteConnection($"Data Source={server.DatabaseFile};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        var stored = await QueryAsync(connection, "SELECT sticky_id || ' ' || client_id FROM sticky_assignments").ToHashSetAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Subset(stored, sessions.Select(pair => $"{pair.Key} {pair.Value}").ToHashSet());
    }

    private static Task RoutesAgainAsync(Deployment server) =>
        Eventually.HoldsAsync("routing works", async () => (await server.RouteAsync("tiny")).Status == HttpStatusCode.OK);

    private static async IAsyncEnumerable<string> QueryAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await row.ReadAsync(TestContext.Current.CancellationToken))
        {
            yield return row.GetString(0);
        }
    }
}
