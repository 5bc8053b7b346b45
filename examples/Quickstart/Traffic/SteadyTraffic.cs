using System.Collections.Concurrent;
using Opsen.Examples.Quickstart.Fleet;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Examples.Quickstart.Traffic;

/// <summary>Proxied requests from several callers at once, with and without a session, until it is stopped.</summary>
internal sealed class SteadyTraffic : IAsyncDisposable
{
    private const int Callers = 4;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private readonly GatewayApi _gateway;
    private readonly IReadOnlyList<string> _sessions;
    private readonly CancellationTokenSource _stop;
    private readonly ConcurrentDictionary<string, int> _answered = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly Task[] _callers;
    private int _sent;

    /// <summary>Starts to send.</summary>
    public SteadyTraffic(GatewayApi gateway, IReadOnlyList<string> sessions, CancellationToken cancellation)
    {
        _gateway = gateway;
        _sessions = sessions;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _callers = [.. Enumerable.Range(0, Callers).Select(SendAsync)];
    }

    /// <summary>Waits until a host has answered this many more requests.</summary>
    public Task SeesAsync(string host, int count, TimeSpan timeout)
    {
        var before = _answered.GetValueOrDefault(host);
        return Wait.UntilAsync(
            $"{count} more answers of {host}", _ => Task.FromResult(_answered.GetValueOrDefault(host) >= before + count), timeout, _stop.Token);
    }

    /// <summary>Lets requests in flight end.</summary>
    /// <returns>How many requests were sent, and why some failed.</returns>
    public async Task<(int Sent, IReadOnlyList<string> Failures)> StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_callers);
        return (_sent, [.. _failures]);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task SendAsync(int caller)
    {
        using var timer = new PeriodicTimer(Pace);
        for (var i = caller; !_stop.IsCancellationRequested; i++)
        {
            // Every second request belongs to a session. A request that is under way when the traffic stops is waited for, hence no token.
            var session = i % 2 == 0 ? _sessions[i / 2 % _sessions.Count] : null;
            var answer = await _gateway.ProxyAsync($"{LocalFleet.ProxiedPrefix}/steady", session, CancellationToken.None);
            Interlocked.Increment(ref _sent);
            if (answer.Failure is { } why)
            {
                _failures.Enqueue(why);
            }
            else
            {
                _answered.AddOrUpdate(answer.Host, 1, static (_, count) => count + 1);
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
