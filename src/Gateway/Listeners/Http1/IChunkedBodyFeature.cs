namespace Opsen.Gateway.Listeners.Http1;

/// <summary>A connection that can check a body in chunks as it is read.</summary>
internal interface IChunkedBodyFeature
{
    /// <summary>The next byte that the server reads is the first of a chunked body. Reading it throws <see cref="BadHttpRequestException"/> where its syntax is
    /// wrong, and so does everything after that.</summary>
    void Begin();
}
