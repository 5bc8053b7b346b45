using System.Net;
using Opsen.Gateway.Proxy.Streams;

namespace Opsen.Gateway.Proxy.Backends;

/// <summary>Sends every piece of a body without a length on as it comes. The platform's client, which speaks HTTP/2, would gather small pieces and keep, for
/// example, one side of a conversation over chunked bodies from the backend. A body with a length is no conversation and is left alone.</summary>
internal sealed class PromptUploadHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Content with a length but no header is YARP's empty content, which only carries headers.
        if (request.Content is { } content && !content.Headers.NonValidated.Contains("Content-Length") && content.Headers.ContentLength is null)
        {
            request.Content = new PromptContent(content);
        }

        return base.SendAsync(request, cancellationToken);
    }

    private sealed class PromptContent : HttpContent
    {
        private readonly HttpContent _content;

        public PromptContent(HttpContent content)
        {
            _content = content;
            foreach (var header in content.Headers.NonValidated)
            {
                Headers.TryAddWithoutValidation(header.Key, header.Value);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            _content.CopyToAsync(new PromptStream(stream), context, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>Flushes after every write. A write that fills the client's buffer has been flushed already, so that costs nothing then.</summary>
    private sealed class PromptStream(Stream connection) : WriteOnlyStream(connection)
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Inner.WriteAsync(buffer, cancellationToken);
            await Inner.FlushAsync(cancellationToken);
        }
    }
}
