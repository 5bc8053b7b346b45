using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Durability;

/// <summary>However often the deciding process is killed under load, no host is promised more than it has. <c>OPSEN_CRASH_ROUNDS</c> says how often; 50 make
/// the long form.</summary>
public class GrantCrashTests
{
    private const int Cores = 120;
    private const int Callers = 12;

    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("OPSEN_CRASH_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 2;

    [Theory]
    [InlineData(Shape.Embedded, Victim.All)]
    [InlineData(Shape.Localhost, Victim.Silo)]
    [InlineData(Shape.Localhost, Victim.All)]
    public async Task Kill_AtARandomMomentUnderLoad_NoHostIsPromisedMoreThanItHas(Shape shape, Victim victim)
    {
        await using var backend = await LocalBackend.StartAsync(static app => app.Run(static context => context.Response.WriteAsync("ok")));
        await using var server = await Deployment.StartAsync(shape, static settings =>
        {
            settings["tiers"] = "[{name: core, vcpu: 1, memory_gb: 0, storage_gb: 0}]";
            settings["pending_allocation_timeout_seconds"] = "3600";
            settings["expose_routing_headers"] = "true";
        });

        // What a proxied request reserved may end with the process by which it came.
        var granted = new ConcurrentDictionary<string, int>();
        var load = new Load(server, granted, isProxied: victim == Victim.Silo);
        for (var round = 0; round < Rounds; round++)
        {
            var host = await new TestHost { CpuUsage = [.. Enumerable.Repeat(10.0, Cores)], Url = $"{backend.Url}/{round}" }.JoinAsync(server);
            var killAfter = Random.Shared.Next(1, Cores - Callers);

            var before = 0;
            var unanswered = await load.RunAsync(async () =>
            {
                await load.UntilGrantedAsync(killAfter);
                await server.KillAsync(victim);
                before = granted[host.Id];
                await server.StartMissingAsync();
            });
            await load.RunAsync(static () => Task.CompletedTask);

            Assert.InRange(before, 1, Cores);
            Assert.All(granted, pair => Assert.True(pair.Value <= Cores, $"round {round}: {pair.Value} granted on {pair.Key}, {before} of them before the kill"));

            // All but what may have been granted without anybody hearing of it.
            Assert.InRange(granted[host.Id], Cores - Callers - unanswered, Cores);
        }
    }

    /// <summary>Callers that ask for hosts until there is no room any more or nobody answers.</summary>
    private sealed class Load(Deployment server, ConcurrentDictionary<string, int> granted, bool isProxied)
    {
        private int _countdown;
        private TaskCompletionSource _granted = new();

        /// <summary>Waits until so many have been granted since the last call.</summary>
        public async Task UntilGrantedAsync(int count)
        {
            (_granted, _countdown) = (new(TaskCreationOptions.RunContinuationsAsynchronously), count);
            await _granted.Task.WaitAsync(Patience.Change, TestContext.Current.CancellationToken);
        }

        /// <summary>Runs the callers beside something else until both are done; returns how many requests had no decision.</summary>
        public async Task<int> RunAsync(Func<Task> beside)
        {
            var other = beside();
            var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(CallAsync)).ToArray();
            await other;
            return (await Task.WhenAll(callers)).Sum();
        }

        private async Task<int> CallAsync()
        {
            var unanswered = 0;
            try
            {
                while (await AskAsync() is var (host, reply))
                {
                    if (host is not null)
                    {
                        granted.AddOrUpdate(host, 1, static (_, count) => count + 1);
                        if (Interlocked.Decrement(ref _countdown) == 0)
                        {
                            _granted.TrySetResult();
                        }
                    }
                    else if (!reply.IsUndecided)
                    {
                        reply.ExpectProblem(HttpStatusCode.ServiceUnavailable);
                        return unanswered;
                    }
                    else
                    {
                        unanswered++;
                    }
                }
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException)
            {
                return unanswered + 1;
            }

            return unanswered;
        }

        private async Task<(string? Host, Reply Reply)> AskAsync()
        {
            var kind = Random.Shared.Next(isProxied ? 3 : 2);
            var reply = kind switch
            {
                0 => await server.PostAsync("/route", new JsonObject { ["tier"] = "core" }),
                1 => await server.PostAsync("/route", new JsonObject { ["tier"] = "core" }, ("X-Session-ID", Guid.NewGuid().ToString("N"))),
                _ => await server.GetAsync("/app", ("X-Tier", "core")),
            };
            return (reply.Status != HttpStatusCode.OK ? null : kind < 2 ? reply["client_id"].GetString() : reply.Headers.GetValues("X-Opsen-Client-ID").Single(), reply);
        }
    }
}
