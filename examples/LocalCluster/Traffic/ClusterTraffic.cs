using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Opsen.Examples.LocalCluster.Fleet;
using Opsen.Examples.LocalCluster.Nodes;
using Opsen.Protocol.Http;

namespace Opsen.Examples.LocalCluster.Traffic;

/// <summary>Callers of every kind, all at once, until they are stopped: known sessions, new sessions, and holders of cores and cards.</summary>
internal sealed class ClusterTraffic : IAsyncDisposable
{
    private const int KnownSessionCount = 60;
    private const int CoreHolders = 10;
    private const int CardHolders = 6;

    private readonly Callers _callers;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, string> _hostOfSession = new(StringComparer.Ordinal);
    private readonly int _seed;
    private Task _all = Task.CompletedTask;

    private ClusterTraffic(Cluster cluster, SimulatedFleet fleet, int seed)
    {
        (_seed, _callers) = (seed, new Callers(cluster));
        Grants = new GrantBook(fleet.Hosts);
    }

    /// <summary>Proxied requests of sessions that have a host.</summary>
    public Tally KnownSessions { get; } = new("proxied, known sessions");

    /// <summary>First and second requests of new sessions, through different gateways.</summary>
    public Tally NewSessions { get; } = new("proxied, new sessions");

    /// <summary>Cores: there is always room for another one.</summary>
    public Tally Cores { get; } = new("/route with room");

    /// <summary>Cards: there are fewer than callers, so being refused is no failure.</summary>
    public Tally Cards { get; } = new("/route beyond capacity");

    /// <summary>What is held.</summary>
    public GrantBook Grants { get; }

    /// <summary>How often a session was served by another host than before.</summary>
    public int Moved { get; private set; }

    /// <summary>All tallies.</summary>
    public IReadOnlyList<Tally> Tallies => [KnownSessions, NewSessions, Cores, Cards];

    /// <summary>Starts the callers once every known session has its host.</summary>
    public static async Task<ClusterTraffic> StartAsync(Cluster cluster, SimulatedFleet fleet, int seed, CancellationToken cancellation)
    {
        var traffic = new ClusterTraffic(cluster, fleet, seed);
        foreach (var session in Enumerable.Range(0, KnownSessionCount).Select(static number => $"known-{number}"))
        {
            // Through both gateways, so that each knows it.
            for (var i = 0; i < cluster.Addresses.Count; i++)
            {
                await traffic.ProxyAsync(traffic.KnownSessions, session, cancellation);
            }
        }

        traffic._all = traffic.RunAsync();
        return traffic;
    }

    /// <summary>Stops the callers.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _all;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _callers.DisposeAsync();
        _stopping.Dispose();
    }

    private Task RunAsync() => Task.WhenAll(
    [
        .. Enumerable.Range(0, 4).Select(number => LoopAsync(number, random => ProxyAsync(KnownSessions, $"known-{random.Next(KnownSessionCount)}", _stopping.Token), 20)),
        .. Enumerable.Range(0, 2).Select(number => LoopAsync(100 + number, StartSessionAsync, 100)),
        .. Enumerable.Range(200, CoreHolders).Select(number => LoopAsync(number, random => HoldAsync(Cores, Cluster.CoreTier, isScarce: false, random), 20)),
        .. Enumerable.Range(300, CardHolders).Select(number => LoopAsync(number, random => HoldAsync(Cards, Cluster.CardTier, isScarce: true, random), 20)),
    ]);

    private async Task LoopAsync(int number, Func<Random, Task> call, int pauseMs)
    {
        var random = new Random(unchecked((_seed * 1000) + number));
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                await call(random);
                await Task.Delay(random.Next(pauseMs, pauseMs * 3), _stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task StartSessionAsync(Random random)
    {
        var session = $"new-{_seed}-{random.NextInt64()}";
        await ProxyAsync(NewSessions, session, _stopping.Token);
        await ProxyAsync(NewSessions, session, _stopping.Token);
        _hostOfSession.TryRemove(session, out _);
    }

    private async Task ProxyAsync(Tally tally, string session, CancellationToken cancellation)
    {
        var since = Stopwatch.GetTimestamp();
        var (status, host) = await _callers.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Get, $"{Cluster.ProxiedPrefix}/x?tier={Cluster.SessionTier}") { Headers = { { Cluster.SessionHeader, session } } },
            cancellation);
        if (status == 503 && tally == NewSessions)
        {
            tally.Refuse();
        }
        else if (status != 200)
        {
            tally.Fail($"{session}: {status} {host}");
        }
        else if (_hostOfSession.GetOrAdd(session, host) is var before && before != host)
        {
            _hostOfSession[session] = host;
            Moved++;
            tally.Fail($"{session} moved from {before} to {host}");
        }
        else
        {
            tally.Succeed(since);
        }
    }

    /// <summary>Reserves, holds it for a while, and gives it back.</summary>
    private async Task HoldAsync(Tally tally, string tier, bool isScarce, Random random)
    {
        var since = Stopwatch.GetTimestamp();
        var (status, body) = await _callers.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, "/route")
            {
                Content = JsonContent.Create(new RouteRequest { Tier = tier }, ProtocolJsonContext.Default.RouteRequest),
            },
            _stopping.Token);
        if (status == 503 && isScarce && body.Contains("no-capacity", StringComparison.Ordinal))
        {
            tally.Succeed(since);
            return;
        }

        if (status != 200)
        {
            tally.Fail($"{status} {body}");
            return;
        }

        tally.Succeed(since);
        var granted = JsonSerializer.Deserialize(body, ProtocolJsonContext.Default.RouteResponse)!;
        Grants.Granted(granted.ClientId, granted.GpuIds);
        try
        {
            await Task.Delay(random.Next(20, 400), _stopping.Token);
        }
        finally
        {
            Grants.Returned(granted.ClientId, granted.GpuIds);
        }

        await GiveBackAsync(granted.ReservationId!);
    }

    /// <summary>Until it is given back or over: while the cluster cannot say, callers are told to try again.</summary>
    private async Task GiveBackAsync(string reservationId)
    {
        while (true)
        {
            var (status, _) = await _callers.SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, $"/reservations/{reservationId}"), _stopping.Token);
            if (status is 204 or 404)
            {
                return;
            }

            await Task.Delay(200, _stopping.Token);
        }
    }
}
