using System.Net;
using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Proxy.Backends;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>
/// Sends one request over a connection and reads its response's head. The upload continues while the response is forwarded: a backend may respond before
/// the upload has ended, or for each of its pieces. Nothing is retried here.
/// </summary>
internal static class Http1Exchange
{
    /// <summary>How long a client that asks with <c>Expect: 100-continue</c> waits for the backend's word on its body.</summary>
    private static readonly TimeSpan ExpectationPatience = TimeSpan.FromSeconds(1);

    /// <summary>Sends a request over an idle connection, else over a new one. A connection that is gone before the request is written is
    /// replaced.</summary>
    /// <remarks>One method: every request comes through here, and each method of its own would cost an object with all the variables.</remarks>
    /// <param name="pool">The connections to the backend.</param>
    /// <param name="request">The request.</param>
    /// <param name="exchange">What is known of it.</param>
    /// <param name="offersHttp2">Whether a new connection may become one of HTTP/2.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The response, whose body is read from the connection; null when a new connection speaks HTTP/2 and has been handed over.</returns>
    /// <exception cref="BackendFaultException">No response, or a malformed one.</exception>
    /// <exception cref="HttpRequestException">The backend cannot be connected.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<HttpResponseMessage?> SendAsync(
        Http1Pool pool, HttpRequestMessage request, BackendExchange exchange, bool offersHttp2, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var connection = (exchange.NeedsNewConnection ? null : pool.Take(cancellation)) ?? await pool.ConnectAsync(offersHttp2, cancellation);
            if (connection is null)
            {
                return null;
            }

            Upload? upload = null;
            Expectation? expectation = null;
            try
            {
                using (var head = RequestHead.Write(request, exchange))
                {
                    try
                    {
                        await connection.Stream.WriteAsync(head.Bytes, cancellation);
                    }
                    catch (IOException) when (connection.IsReused)
                    {
                        // The backend cannot act on an incomplete head, so retrying is safe.
                        connection.Dispose();
                        continue;
                    }
                    catch (IOException gone)
                    {
                        throw new BackendFaultException(BackendFault.NotSent, "it closes connections as soon as they are made", gone);
                    }

                    if (request.Content is { } content && head.BodyLength != 0)
                    {
                        upload = new Upload(connection, content, head.BodyLength, exchange);
                        expectation = request.Headers.NonValidated.Contains(HeaderNames.Expect) ? new Expectation(ExpectationPatience) : null;
                    }
                }

                if (upload is null)
                {
                    connection.EndPart();
                }
                else
                {
                    upload.Start(expectation, cancellation);
                }

                HttpResponseMessage answer;
                ResponseFraming framing;
                var scanned = 0;
                while (!TryReadHead(connection, request, expectation, ref scanned, out answer!, out framing))
                {
                    if (!connection.Append(await connection.ReceiveAsync(cancellation)))
                    {
                        throw connection.Received.IsEmpty ? Lost(connection, "the connection was closed before an answer") : Malformed("it breaks off in its head");
                    }
                }

                if (!framing.KeepsConnection)
                {
                    connection.Spend();
                }

                expectation?.Answer(isWanted: answer.StatusCode < HttpStatusCode.MultipleChoices);
                ((ResponseContent)answer.Content).Begin(connection, answer, framing, HasBody(request, answer));
                return answer;
            }
            catch (Exception failed)
            {
                connection.Dispose();
                upload?.GiveUp();
                expectation?.Answer(isWanted: false);
                if (cancellation.IsCancellationRequested)
                {
                    // The upload is cancelled too, and how it ended tells which side was silent.
                    await (upload?.Ended ?? Task.CompletedTask);
                    cancellation.ThrowIfCancellationRequested();
                }

                if (failed is (IOException and not BackendFaultException) or ObjectDisposedException)
                {
                    throw Lost(connection, "the connection broke before an answer", failed);
                }

                throw;
            }
        }
    }

    /// <summary>Reads the response's head, interim responses before it too, as far as it has come.</summary>
    /// <returns>False when more has to come.</returns>
    private static bool TryReadHead(
        Http1Connection connection, HttpRequestMessage request, Expectation? expectation, ref int scanned, out HttpResponseMessage? answer,
            out ResponseFraming framing)
    {
        while (true)
        {
            var received = connection.Received.Span;
            if (!ResponseHead.MayBegin(received))
            {
                throw Malformed("it does not begin with HTTP/1");
            }

            var end = ResponseHead.FindEnd(received, ref scanned);
            if ((end < 0 ? received.Length : end) > ResponseHead.MaxBytes)
            {
                throw new BackendFaultException(BackendFault.TooLarge, "the head of its answer is larger than 64 KiB");
            }

            if (end < 0)
            {
                (answer, framing) = (null, default);
                return false;
            }

            (answer, framing) = Parse(received[..end], request, expectation);
            connection.Consume(end);
            scanned = 0;
            if (answer is not null)
            {
                return true;
            }
        }
    }

    /// <summary>Parses a whole head; null for an interim response, which is handled here.</summary>
    private static (HttpResponseMessage? Answer, ResponseFraming Framing) Parse(ReadOnlySpan<byte> head, HttpRequestMessage request, Expectation? expectation)
    {
        var line = ResponseHead.ReadStatus(head, out var status, out var isHttp10);
        if (line < 0)
        {
            throw Malformed("its status line is none");
        }

        if (status == (int)HttpStatusCode.SwitchingProtocols && !request.Headers.NonValidated.Contains(HeaderNames.Upgrade))
        {
            throw Malformed("it switches protocols, which nobody asked for");
        }

        if (status is < 200 and not (int)HttpStatusCode.SwitchingProtocols)
        {
            if (status == (int)HttpStatusCode.Continue)
            {
                expectation?.Answer(isWanted: true);
            }

            return default;
        }

        var answer = new HttpResponseMessage((HttpStatusCode)status)
        {
            Version = HttpVersion.Version11,
            RequestMessage = request,
            Content = new ResponseContent()
        };
        if (ResponseHead.ReadUnusualReason(head, status) is { } reason)
        {
            answer.ReasonPhrase = reason;
        }

        if (!ResponseHead.ReadFields(head[line..], answer, ResponseHead.Put))
        {
            throw Malformed("one of its header lines is none");
        }

        if (!ResponseHead.TryReadFraming(answer, isHttp10, out var framing))
        {
            throw Malformed("its Content-Length or Transfer-Encoding cannot be");
        }

        return (answer, framing);
    }

    private static bool HasBody(HttpRequestMessage request, HttpResponseMessage answer) =>
        request.Method.Method != "HEAD" && answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified);

    private static BackendFaultException Lost(Http1Connection connection, string how, Exception? inner = null) =>
        new(connection.IsReused ? BackendFault.LostReused : BackendFault.Lost, how, inner);

    private static BackendFaultException Malformed(string how) => new(BackendFault.Malformed, $"its answer is malformed: {how}");
}
