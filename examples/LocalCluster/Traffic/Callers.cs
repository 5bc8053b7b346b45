using Opsen.Examples.LocalCluster.Nodes;

namespace Opsen.Examples.LocalCluster.Traffic;

/// <summary>Callers of all gateways in turn, as through a load balancer that asks each gateway whether it is ready.</summary>
internal sealed class Callers : IAsyncDisposable
{
    private static readonly TimeSpan HealthInterval = TimeSpan.FromMilliseconds(500);

    private readonly HttpClient[] _clients;
    private readonly Uri[] _health;
    private readonly bool[] _isReady;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _watching;
    private int _turn;

    /// <summary>Callers of a cluster's gateways.</summary>
    public Callers(Cluster cluster)
    {
        _clients =
        [
            .. cluster.Addresses.Select(static address => new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) })
            {
                BaseAddress = address,
                Timeout = TimeSpan.FromSeconds(30),
                DefaultRequestHeaders = { { "X-API-Key", Cluster.Key } },
            }),
        ];
        _health = [.. cluster.Gateways.Select(gateway => new Uri(cluster.Admin[gateway], "/readyz"))];
        _isReady = [.. _clients.Select(static _ => true)];
        _watching = Task.WhenAll(_clients.Select((_, number) => WatchAsync(number)));
    }

    /// <summary>The next one.</summary>
    public HttpClient Next() => _clients[Choose((uint)Interlocked.Increment(ref _turn))];

    /// <summary>Sends a request to the next gateway; where that one takes no connection, to another one.</summary>
    public async Task<(int Status, string Body)> SendAsync(Func<HttpRequestMessage> request, CancellationToken cancellation)
    {
        var turn = (uint)Interlocked.Increment(ref _turn);
        for (var tries = 0U; ; tries++)
        {
            try
            {
                using var message = request();
                using var response = await _clients[Choose(turn + tries)].SendAsync(message, cancellation);
                return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellation));
            }
            catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError && tries < _clients.Length - 1)
            {
                // Nothing was sent.
                _isReady[(turn + tries) % _clients.Length] = false;
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
            {
                return (0, error.GetBaseException().Message);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        Array.ForEach(_clients, static client => client.Dispose());
        _stopping.Dispose();
    }

    /// <summary>A ready gateway; when none is, one all the same.</summary>
    private int Choose(uint turn)
    {
        var first = (int)(turn % _clients.Length);
        for (var i = 0; i < _clients.Length; i++)
        {
            if (_isReady[(first + i) % _clients.Length])
            {
                return (first + i) % _clients.Length;
            }
        }

        return first;
    }

    private async Task WatchAsync(int number)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        using var timer = new PeriodicTimer(HealthInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    using var response = await http.GetAsync(_health[number], _stopping.Token);
                    _isReady[number] = response.IsSuccessStatusCode;
                }
                catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !_stopping.IsCancellationRequested)
                {
                    _isReady[number] = false;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
