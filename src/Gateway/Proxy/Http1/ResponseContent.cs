using System.Net;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>The body of a response, read from its connection when it is asked for.</summary>
internal sealed class ResponseContent : HttpContent
{
    private Stream _body = Stream.Null;

    /// <summary>Whether trailers have come behind the body.</summary>
    public bool HasTrailers { get; set; }

    /// <summary>The connection, if it has left HTTP with this response.</summary>
    public TunnelStream? Tunnel { get; private set; }

    /// <summary>Gives it its body.</summary>
    public void Begin(Http1Connection connection, HttpResponseMessage answer, in ResponseFraming framing, bool hasBody)
    {
        if (answer.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            _body = Tunnel = new TunnelStream(connection);
        }
        else if (!hasBody || framing.Length == 0)
        {
            connection.EndPart();
        }
        else
        {
            _body = new ResponseBody(connection, answer, framing, this);
        }
    }

    /// <inheritdoc/>
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(_body);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _body.CopyToAsync(stream);

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _body.Dispose();
        base.Dispose(disposing);
    }
}
