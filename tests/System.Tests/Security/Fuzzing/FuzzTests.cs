using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Security.Fuzzing;

/// <summary>
/// Fifty thousand requests that no client should send, against the real gateway: it answers none of them with 500, keeps none of their memory, and serves
/// everybody else meanwhile. The seed is fixed; <c>OPSEN_FUZZ_SEED</c> sets another one, <c>OPSEN_FUZZ_SCALE</c> multiplies
/// the number: 4 takes a minute and a half.
/// </summary>
[Collection(AloneTests.Name)]
public sealed class FuzzTests
{
    private const int Json = 38_000, Http1 = 5_000, Http2 = 7_500, Truncated = 75;
    private const int Workers = 12;
    private const long MemoryAllowed = 250L << 20;

    private static readonly int Seed = Setting("OPSEN_FUZZ_SEED", 20261126);
    private static readonly int Scale = Setting("OPSEN_FUZZ_SCALE", 1);

    private readonly StatusCounts _statuses = new();

    [Fact]
    public async Task Gateway_MutatedInputOfAllKinds_ServesOn()
    {
        await using var backend = await LocalBackend.StartAsync(static app => app.Run(static async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("ok");
        }));
        await using var server = await Deployment.StartAsync(Shape.Embedded, static settings =>
        {
            settings["read_header_timeout_seconds"] = "2";
            settings["allowed_backend_networks"] = "[127.0.0.0/8]";

            // Made-up sessions must not take the room that users need: that is placement's matter.
            settings["tiers"] = "[{name: tiny, vcpu: 0, memory_gb: 0, storage_gb: 0}]";
        });
        await new TestHost { Id = "good", Url = backend.Url }.JoinAsync(server);
        var target = new FuzzTarget(server.Address, _statuses);

        // What it takes to be busy at all is not held against it.
        await RunAsync(target, Seed - 1, divisor: 20);
        var before = MemoryOf(server);
        using var over = new CancellationTokenSource();
        var users = ServeUsersAsync(server, over.Token);

        await RunAsync(target, Seed, divisor: 1);

        await over.CancelAsync();
        Assert.True(await users > 0);
        TestContext.Current.TestOutputHelper?.WriteLine($"{_statuses}; memory {before >> 20} MB before, {MemoryOf(server) >> 20} MB after");
        Assert.InRange(_statuses.Total, (Json + Http1 + Http2) * Scale, int.MaxValue);
        Assert.Equal(0, _statuses[500]);
        Assert.InRange(_statuses[200], 1, int.MaxValue);
        await Eventually.HoldsAsync("the memory is given back", () => Task.FromResult(MemoryOf(server) < before + MemoryAllowed));
        (await server.GetAsync("/app/x", ("X-Tier", "tiny"))).Expect(HttpStatusCode.OK);
        using var admin = new HttpClient { BaseAddress = server.Admin };
        Assert.DoesNotContain(
            "opsen_requests_failed_total", await admin.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static Task RunAsync(FuzzTarget target, int seed, int divisor)
    {
        var work = new List<Task>();
        for (var worker = 0; worker < Workers; worker++)
        {
            var share = Workers * divisor;
            work.Add(target.SendJsonAsync(new Mutator(HashCode.Combine(seed, worker, 'j')), Json * Scale / share));
            work.Add(target.SendHttp1Async(new Mutator(HashCode.Combine(seed, worker, '1')), Http1 * Scale / share));
            work.Add(target.SendHttp2Async(new Mutator(HashCode.Combine(seed, worker, '2')), Http2 * Scale / share));
            work.Add(target.SendTruncatedAsync(new Mutator(HashCode.Combine(seed, worker, 't')), Truncated * Scale / share));
        }

        return Task.WhenAll(work);
    }

    /// <summary>Sends requests as users do until it is over; every one has to succeed. Returns their number.</summary>
    private static async Task<int> ServeUsersAsync(Deployment server, CancellationToken over)
    {
        var count = 0;
        while (!over.IsCancellationRequested)
        {
            (await server.GetAsync("/app/user", ("X-Tier", "tiny"))).Expect(HttpStatusCode.OK);
            count++;
            await Task.Delay(Patience.OfUsers, CancellationToken.None);
        }

        return count;
    }

    private static long MemoryOf(Deployment server)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Memory is read from /proc.");
        var line = File.ReadLines($"/proc/{server.GatewayId}/status").First(static line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) << 10;
    }

    private static int Setting(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}

/// <summary>Tests that leave no processor to others run when those are over.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneTests
{
    /// <summary>The collection's name.</summary>
    public const string Name = "alone";
}
