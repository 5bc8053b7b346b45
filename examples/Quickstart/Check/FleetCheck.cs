using System.Diagnostics;
using Opsen.Examples.Quickstart.Fleet;
using Opsen.Examples.Quickstart.Processes;
using Opsen.Examples.Quickstart.Traffic;
using Opsen.Protocol.Http;

namespace Opsen.Examples.Quickstart.Check;

/// <summary>Checks without a person that requests follow the real load of the hosts, and that a dead host costs nobody an answer.</summary>
internal sealed class FleetCheck(LocalFleet fleet, GatewayApi gateway, HttpClient http)
{
    private const int Streak = 20;
    private const int LoadSeconds = 400;
    private const string Session = "quickstart-session";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // On a machine that is busy with other work the loads differ little, and it takes longer until one host is always the better.
    private static readonly TimeSpan ShiftPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(25);

    private readonly List<string> _sessionsOfSecond = [];

    // The first is the one that the session lives on.
    private Backend _first = fleet.Backends[0];
    private Backend _second = fleet.Backends[1];

    /// <summary>Runs every check and prints the summary.</summary>
    /// <returns>Whether all held.</returns>
    public async Task<bool> RunAsync(TextWriter output, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var list = new CheckList(output);
        await list.RunAsync("the gateway answers /health", () => AnswersHealthAsync(cancellation));
        await list.RunAsync("both hosts registered by their agents, reporting and healthy", () => BothHostsReadyAsync(cancellation));
        await list.RunAsync("POST /route names a host with all its fields", () => RoutesAsync(cancellation));
        await list.RunAsync("a proxied request arrives unchanged, with the host's headers", () => ProxiesAsync(cancellation));
        await list.RunAsync("a session stays on its host", () => SessionStaysAsync(cancellation));
        await list.RunAsync($"new requests leave {_first.Name} under load", () => LeavesAsync(_first, _second, cancellation));
        await list.RunAsync("the session stayed all the same; new sessions go to the free host", () => SessionsUnderLoadAsync(cancellation));
        await list.RunAsync($"new requests come back when the load has moved to {_second.Name}", () => ComesBackAsync(cancellation));
        await list.RunAsync($"no request fails while {_second.Name} is killed, nor after", () => SurvivesKillAsync(cancellation));
        list.PrintSum(Stopwatch.GetElapsedTime(started));
        return list.Passed;
    }

    private async Task<string> AnswersHealthAsync(CancellationToken cancellation)
    {
        var health = await Wait.ForAsync<HealthResponse>(
            "GET /health", async token => await gateway.HealthAsync(token), Patience, cancellation);
        fleet.StartAgents();
        return $"{fleet.Gateway.OriginalString} is {health.Status}";
    }

    private async Task<string> BothHostsReadyAsync(CancellationToken cancellation)
    {
        var hosts = await Wait.ForAsync(
            "both hosts active and healthy in GET /clients",
            async token =>
            {
                var clients = await gateway.HostsAsync(token);
                return clients.Count == 2 && clients.All(static host => host.IsActive && host.CpuUsage.Count > 0 && host.HealthStatus == "healthy") ? clients : null;
            },
            Patience,
            cancellation);
        return Describe(hosts);
    }

    private async Task<string> RoutesAsync(CancellationToken cancellation)
    {
        for (var i = 0; i < Streak; i++)
        {
            var answer = Usable(await gateway.RouteAsync(null, cancellation));
            var backend = fleet.Backends.SingleOrDefault(backend => backend.Name == answer.Host)
                ?? throw new CheckFailedException($"The answer names an unknown host: {answer.Body}");
            Expect(answer.Body.GetProperty("endpoint").GetString() == backend.Url.OriginalString, $"a wrong endpoint: {answer.Body}");
            Expect(!string.IsNullOrEmpty(answer.Body.GetProperty("client_id").GetString()), $"no client_id: {answer.Body}");
            Expect(answer.Body.GetProperty("distance_km").GetDouble() == 0, $"a distance between unknown places: {answer.Body}");
        }

        return $"{Streak} of {Streak} requests";
    }

    private async Task<string> ProxiesAsync(CancellationToken cancellation)
    {
        var ids = (await gateway.HostsAsync(cancellation)).ToDictionary(static host => host.Hostname, static host => host.ClientId);
        for (var i = 0; i < Streak; i++)
        {
            var answer = Usable(await gateway.ProxyAsync($"{LocalFleet.ProxiedPrefix}/orders/{i}?page={i}", null, cancellation));
            var headers = answer.Body.GetProperty("headers");
            Expect(answer.Body.GetProperty("path").GetString() == $"{LocalFleet.ProxiedPrefix}/orders/{i}", $"another path: {answer.Body}");
            Expect(answer.Body.GetProperty("query").GetString() == $"?page={i}", $"another query: {answer.Body}");
            Expect(headers.GetProperty("X-LB-Hostname").GetString() == answer.Host, $"the wrong X-LB-Hostname: {answer.Body}");
            Expect(headers.GetProperty("X-LB-Client-ID").GetString() == ids[answer.Host], $"the wrong X-LB-Client-ID: {answer.Body}");
        }

        return $"{Streak} of {Streak} requests";
    }

    private async Task<string> SessionStaysAsync(CancellationToken cancellation)
    {
        // The host that it lives on is loaded next, so that staying there means something.
        var host = Usable(await gateway.RouteAsync(Session, cancellation)).Host;
        (_first, _second) = host == _first.Name ? (_first, _second) : (_second, _first);
        await ExpectSessionAsync(Session, host, Streak, cancellation);
        return $"{Streak} requests of one session, routed and proxied, all to {host}";
    }

    private async Task<string> LeavesAsync(Backend loaded, Backend free, CancellationToken cancellation)
    {
        await loaded.LoadAsync(http, LoadSeconds, cancellation);
        var sent = await UntilAllGoToAsync(free, cancellation);
        return $"the last {Streak} of {sent} requests went to {free.Name}; {Describe(await gateway.HostsAsync(cancellation))}";
    }

    private async Task<string> SessionsUnderLoadAsync(CancellationToken cancellation)
    {
        await ExpectSessionAsync(Session, _first.Name, Streak, cancellation);
        await UntilAllGoToAsync(
            _second,
            async number =>
            {
                var session = $"{Session}-{number}";
                var answer = await gateway.RouteAsync(session, cancellation);
                if (answer.Host == _second.Name)
                {
                    _sessionsOfSecond.Add(session);
                }

                return answer;
            },
            cancellation);
        return $"{Streak} requests of the old session to {_first.Name}, {_sessionsOfSecond.Count} new sessions to {_second.Name}";
    }

    private async Task<string> ComesBackAsync(CancellationToken cancellation)
    {
        await _first.UnloadAsync(http, cancellation);
        var seen = await LeavesAsync(_second, _first, cancellation);
        await _second.UnloadAsync(http, cancellation);
        return seen;
    }

    private async Task<string> SurvivesKillAsync(CancellationToken cancellation)
    {
        await ExpectSessionAsync(_sessionsOfSecond[0], _second.Name, 2, cancellation);
        await using var traffic = new SteadyTraffic(gateway, _sessionsOfSecond, cancellation);
        await traffic.SeesAsync(_second.Name, Streak, Patience);
        await _second.Process.KillAsync();
        await Wait.UntilAsync(
            $"{_second.Name} unhealthy in GET /clients",
            async token => (await gateway.HostsAsync(token)).Any(host => host.Hostname == _second.Name && host.HealthStatus == "unhealthy"),
            Patience,
            cancellation);
        await traffic.SeesAsync(_first.Name, Streak * 5, Patience);
        var (sent, failures) = await traffic.StopAsync();
        Expect(failures.Count == 0, $"{failures.Count} of {sent} requests failed, the first: {string.Concat(failures.Take(1))}");
        foreach (var session in _sessionsOfSecond)
        {
            await ExpectSessionAsync(session, _first.Name, 2, cancellation);
        }

        return $"{sent} requests, none failed; the {_sessionsOfSecond.Count} sessions of {_second.Name} live on {_first.Name}";
    }

    private async Task ExpectSessionAsync(string session, string host, int requests, CancellationToken cancellation)
    {
        for (var i = 0; i < requests; i++)
        {
            var answer = Usable(i % 2 == 0
                ? await gateway.ProxyAsync($"{LocalFleet.ProxiedPrefix}/cart", session, cancellation)
                : await gateway.RouteAsync(session, cancellation));
            Expect(answer.Host == host, $"request {i + 1} of session {session} on {answer.Host} instead of {host}");
        }
    }

    private Task<int> UntilAllGoToAsync(Backend target, CancellationToken cancellation) => UntilAllGoToAsync(
        target,
        number => number % 2 == 0
            ? gateway.RouteAsync(null, cancellation)
            : gateway.ProxyAsync($"{LocalFleet.ProxiedPrefix}/news", null, cancellation),
        cancellation);

    // The reports behind a decision are averages of seconds, so requests follow a change of load a moment later.
    private async Task<int> UntilAllGoToAsync(Backend target, Func<int, Task<Answer>> send, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Pace);
        var sent = 0;
        for (var streak = 0; streak < Streak; sent++)
        {
            if (Stopwatch.GetElapsedTime(started) > ShiftPatience)
            {
                throw new CheckFailedException(
                    $"{sent} requests sent in {ShiftPatience.TotalSeconds:0} s, never {Streak} in a row to {target.Name}. "
                    + $"Is the machine busy with something else? {Describe(await gateway.HostsAsync(cancellation))}");
            }

            streak = Usable(await send(sent)).Host == target.Name ? streak + 1 : 0;
            await timer.WaitForNextTickAsync(cancellation);
        }

        return sent;
    }

    private static string Describe(IReadOnlyList<ClientEntry> hosts) => string.Join(
        ", ", hosts.OrderBy(static host => host.Hostname).Select(static host => $"{host.Hostname} CPU {string.Join(' ', host.CpuUsage)}"));

    private static Answer Usable(Answer answer) => answer.Failure is { } why ? throw new CheckFailedException(why) : answer;

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new CheckFailedException($"Seen: {otherwise}");
        }
    }
}
