using System.Net.Security;
using Opsen.Gateway.Proxy.Backends;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>The connections to one authority over which HTTP/1.1 is spoken. The most recently used connection is reused first, so that surplus ones become
/// idle.</summary>
internal sealed class Http1Pool(BackendOrigin origin, BackendDialer dialer, TimeProvider time) : IDisposable
{
    /// <summary>How long a connection may be idle: less than the usual keep-alive of servers, so that one is seldom closed by the backend just when it is
    /// used again.</summary>
    public static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(60);

    /// <summary>How long a connection is used: a backend named by DNS is looked up again at least this often.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly List<Http1Connection> _idle = [];
    private bool _isDisposed;

    /// <summary>An idle connection on which an exchange has begun, or null.</summary>
    public Http1Connection? Take(CancellationToken cancellation)
    {
        while (true)
        {
            Http1Connection connection;
            lock (_lock)
            {
                if (_idle.Count == 0)
                {
                    return null;
                }

                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            if (connection.Begin(cancellation))
            {
                return connection;
            }

            connection.Dispose();
        }
    }

    /// <summary>Makes a connection and begins an exchange on it.</summary>
    /// <param name="offersHttp2">Whether it may become one of HTTP/2.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The connection; null when it speaks HTTP/2 and has been handed over.</returns>
    /// <exception cref="HttpRequestException">The backend cannot be connected.</exception>
    public async ValueTask<Http1Connection?> ConnectAsync(bool offersHttp2, CancellationToken cancellation)
    {
        var (socket, stream) = await dialer.ConnectAsync(origin, offersHttp2, cancellation);
        if (stream is SslStream encrypted && encrypted.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2)
        {
            origin.HandOver(encrypted);
            return null;
        }

        var connection = new Http1Connection(this, socket, stream, time);
        connection.Begin(cancellation);
        return connection;
    }

    /// <summary>Returns a free connection to the pool.</summary>
    public void Return(Http1Connection connection)
    {
        lock (_lock)
        {
            if (!_isDisposed && connection.Age < MaxAge)
            {
                _idle.Add(connection);
                return;
            }
        }

        connection.Dispose();
    }

    /// <summary>Closes what is idle for too long, or closed by the backend.</summary>
    public void Sweep() => Close(connection => time.GetElapsedTime(connection.IdleSince) >= MaxIdle || connection.Age >= MaxAge || connection.IsClosedByPeer);

    /// <summary>Closes all idle connections: another one to the backend was dead, so these may be too.</summary>
    public void CloseIdle() => Close(static _ => true);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        CloseIdle();
    }

    private void Close(Predicate<Http1Connection> isOver)
    {
        List<Http1Connection> over;
        lock (_lock)
        {
            over = _idle.FindAll(isOver);
            _idle.RemoveAll(over.Contains);
        }

        over.ForEach(static connection => connection.Dispose());
    }
}
