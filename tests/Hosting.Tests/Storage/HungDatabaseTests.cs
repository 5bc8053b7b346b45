using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Opsen.Examples.Quickstart.Processes;
using Opsen.Hosting.Storage.Postgres;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Tests.Storage;

/// <summary>A server whose processes are frozen: connections stay open, and nothing answers.</summary>
public sealed class HungDatabaseTests : IAsyncLifetime
{
    private PostgresServer? _server;
    private PostgresDatabase? _database;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PostgresServer.Missing() is not null, PostgresServer.Missing() ?? "");
        _server = await PostgresServer.StartNewAsync();
        var options = new ServerOptions { ClusterConnection = $"{await _server.CreateDatabaseAsync()};Command Timeout=1;Maximum Pool Size=4" };
        _database = new PostgresDatabase(PostgresConnections.For(options), new PostgresTrouble(NullLogger<PostgresTrouble>.Instance));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.SetFrozenAsync(isFrozen: false);
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task RunAsync_ServerHangs_FailsSoonAndThenAtOnceAndWorksAgainAfterwards()
    {
        Assert.Equal(1, await AskAsync());
        await _server!.SetFrozenAsync(isFrozen: true);

        var failures = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Assert.ThrowsAsync<NpgsqlException>(AskAsync)));
        Assert.All(failures, static error => Assert.Contains("does not answer within 1 s", error.Message, StringComparison.Ordinal));

        // Hundreds of callers meanwhile cost nobody's time and no thread.
        var started = Stopwatch.GetTimestamp();
        var refusals = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Assert.ThrowsAsync<NpgsqlException>(AskAsync)));
        Assert.True(refusals.Count(static error => error.Message.Contains("is not asked at present", StringComparison.Ordinal)) >= 299);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30));

        await _server.SetFrozenAsync(isFrozen: false);
        await Wait.UntilAsync("the database is used again", async _ => await TryAskAsync(), TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task RunAsync_MoreCallsHangThanThePoolHasConnections_WorksAgainAfterwards()
    {
        Assert.Equal(1, await AskAsync());
        await _server!.SetFrozenAsync(isFrozen: true);
        var waves = 0;
        await Wait.UntilAsync(
            "twice as many calls hang as the pool has connections",
            async _ =>
            {
                var error = await Assert.ThrowsAsync<NpgsqlException>(AskAsync);
                return (waves += error.InnerException is TimeoutException ? 1 : 0) >= 8;
            },
            TimeSpan.FromMinutes(2),
            TestContext.Current.CancellationToken);

        await _server.SetFrozenAsync(isFrozen: false);

        await Wait.UntilAsync("the database is used again", async _ => await TryAskAsync(), TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    private async Task<int> AskAsync() => (int)(await _database!.ScalarAsync("SELECT 1"))!;

    private async Task<bool> TryAskAsync()
    {
        try
        {
            return await AskAsync() == 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
