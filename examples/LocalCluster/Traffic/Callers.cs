namespace Opsen.Examples.LocalCluster.Traffic;

/// <summary>Callers of all gateways in turn.</summary>
internal sealed class Callers(IReadOnlyList<Uri> gateways) : IDisposable
{
    private readonly HttpClient[] _clients =
    [
        .. gateways.Select(static address => new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(30),
        }),
    ];

    private int _turn;

    /// <summary>The next one.</summary>
    public HttpClient Next() => _clients[(uint)Interlocked.Increment(ref _turn) % _clients.Length];

    /// <summary>Sends a request to the next gateway; where that one takes no connection, to another one, as a user behind a virtual address or DNS
    /// does.</summary>
    public async Task<(int Status, string Body)> SendAsync(Func<HttpRequestMessage> request, CancellationToken cancellation)
    {
        var turn = (uint)Interlocked.Increment(ref _turn);
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var message = request();
                using var response = await _clients[(turn + tries) % _clients.Length].SendAsync(message, cancellation);
                return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellation));
            }
            catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError && tries < _clients.Length - 1)
            {
                // Nothing was sent.
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
            {
                return (0, error.GetBaseException().Message);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_clients, static client => client.Dispose());
}
