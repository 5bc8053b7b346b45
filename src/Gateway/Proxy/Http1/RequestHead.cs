using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Proxy.Backends;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>The head of a request to a backend as bytes. Everything in it has passed <see cref="WireText"/>.</summary>
internal struct RequestHead : IDisposable
{
    private const int FirstSize = 2048;

    private byte[] _bytes;
    private int _length;

    private RequestHead(byte[] bytes) => (_bytes, _length) = (bytes, 0);

    /// <summary>The head.</summary>
    public readonly ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>The length of the body; null for one in chunks.</summary>
    public long? BodyLength { get; private set; }

    /// <summary>Writes the head. A body whose length is not known goes in chunks.</summary>
    public static RequestHead Write(HttpRequestMessage request, BackendExchange exchange)
    {
        var head = new RequestHead(ArrayPool<byte>.Shared.Rent(FirstSize)) { BodyLength = 0 };
        head.Add(request.Method.Method, " ");
        head.Add(exchange.Target!.BasePath, exchange.PathAndQuery);
        head.Add(" HTTP/1.1\r\nHost: ", request.Headers.NonValidated.TryGetValues(HeaderNames.Host, out var host) ? host.ToString() : exchange.Target.Root.Authority);
        head.Add("\r\n", "");
        head.Add(request.Headers);
        if (request.Content is { } content)
        {
            head.Add(content.Headers);
            head.AddFraming(content);
        }
        else if (request.Method == HttpMethod.Post || request.Method == HttpMethod.Put || request.Method == HttpMethod.Patch)
        {
            // These methods expect a body, so servers require a length (RFC 9110, section 8.6).
            head.Add("Content-Length: 0", "\r\n");
        }

        head.Add("\r\n", "");
        return head;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    private void AddFraming(HttpContent content)
    {
        if (content.Headers.NonValidated.TryGetValues(HeaderNames.ContentLength, out var length))
        {
            BodyLength = long.Parse(length.ToString(), NumberStyles.None, CultureInfo.InvariantCulture);
        }
        else if (content.Headers.ContentLength is null)
        {
            // Content with a length but no header is YARP's empty content, which only carries headers.
            BodyLength = null;
            Add("Transfer-Encoding: chunked", "\r\n");
        }
    }

    private void Add(HttpHeaders headers)
    {
        foreach (var (name, values) in headers.NonValidated)
        {
            if (name.Equals(HeaderNames.Host, StringComparison.OrdinalIgnoreCase)
                || name.Equals(HeaderNames.TransferEncoding, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (values.Count > 1 && name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase))
            {
                // HTTP/2 may split Cookie; HTTP/1.1 must not (RFC 9113, section 8.2.3).
                Add(name, ": ");
                Add(string.Join("; ", (IEnumerable<string>)values), "\r\n");
                continue;
            }

            foreach (var value in values)
            {
                Add(name, ": ");
                Add(value, "\r\n");
            }
        }
    }

    private void Add(string text, string end)
    {
        var needed = _length + text.Length + end.Length;
        if (needed > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * _bytes.Length));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        _length += Encoding.Latin1.GetBytes(text, _bytes.AsSpan(_length));
        _length += Encoding.Latin1.GetBytes(end, _bytes.AsSpan(_length));
    }
}
