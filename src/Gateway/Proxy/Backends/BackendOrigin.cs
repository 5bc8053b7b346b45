using System.Net;
using System.Net.Security;
using Opsen.Gateway.Proxy.Http1;

namespace Opsen.Gateway.Proxy.Backends;

/// <summary>One authority to which requests go, with its connections of HTTP/1.1 and what is known of it.</summary>
internal sealed class BackendOrigin : IDisposable
{
    private SslStream? _handedOver;
    private volatile bool _speaksHttp2;

    /// <summary>Prepares one.</summary>
    /// <param name="address">Any address at the authority.</param>
    /// <param name="dialer">Makes its connections.</param>
    /// <param name="time">The clock.</param>
    public BackendOrigin(Uri address, BackendDialer dialer, TimeProvider time)
    {
        IsHttps = address.Scheme == Uri.UriSchemeHttps;
        Host = address.IdnHost;
        EndPoint = IPAddress.TryParse(Host, out var literal) ? new IPEndPoint(literal, address.Port) : new DnsEndPoint(Host, address.Port);
        Http1 = new Http1Pool(this, dialer, time);
    }

    /// <summary>Whether the connections are encrypted.</summary>
    public bool IsHttps { get; }

    /// <summary>The host's name, the one of TLS too.</summary>
    public string Host { get; }

    /// <summary>Where it is.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Whether the last handshake chose HTTP/2.</summary>
    public bool SpeaksHttp2
    {
        get => _speaksHttp2;
        set => _speaksHttp2 = value;
    }

    /// <summary>Its connections of HTTP/1.1.</summary>
    public Http1Pool Http1 { get; }

    /// <summary>A handshake has chosen HTTP/2: the connection is kept for whoever speaks that.</summary>
    public void HandOver(SslStream connection)
    {
        Interlocked.Exchange(ref _handedOver, connection)?.Dispose();
        SpeaksHttp2 = true;
    }

    /// <summary>A connection of HTTP/2 that was made already, or null.</summary>
    public SslStream? TakeHandedOver() => Interlocked.Exchange(ref _handedOver, null);

    /// <inheritdoc/>
    public void Dispose()
    {
        TakeHandedOver()?.Dispose();
        Http1.Dispose();
    }
}
