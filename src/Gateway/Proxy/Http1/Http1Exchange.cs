using System.Net;
using Microsoft.Net.Http.Headers;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>
/// Sends one request over a connection and reads its answer's head. The body of the request goes on while the answer passes: a backend may answer before
/// the upload has ended, or for each of its pieces. Nothing is ever sent again here.
/// </summary>
internal static class Http1Exchange
{
    /// <summary>How long a client that asks with <c>Expect: 100-continue</c> waits for the backend's word on its body.</summary>
    private static readonly TimeSpan ExpectationPatience = TimeSpan.FromSeconds(1);

    /// <summary>Runs one on a connection that has begun it.</summary>
    /// <returns>The answer, whose body is read from the connection; or null when the connection was gone before the request was sent.</returns>
    /// <exception cref="BackendFaultException">No answer, or a malformed one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<HttpResponseMessage?> RunAsync(Http1Connection connection, HttpRequestMessage request, BackendExchange exchange, CancellationToken cancellation)
    {
        Upload? upload = null;
        Expectation? expectation = null;
        try
        {
            if (connection is { IsReused: true, HasEnded: true })
            {
                connection.Dispose();
                return null;
            }

            using (var head = RequestHead.Write(request))
            {
                try
                {
                    await connection.Stream.WriteAsync(head.Bytes, cancellation);
                }
                catch (IOException)
                {
                    // A head that is not complete is no request.
                    connection.Dispose();
                    return null;
                }

                if (request.Content is { } content && head.BodyLength != 0)
                {
                    upload = new Upload(connection, content, head.BodyLength, exchange);
                }
            }

            expectation = upload is not null && request.Headers.NonValidated.Contains(HeaderNames.Expect) ? new Expectation(ExpectationPatience) : null;
            if (upload is null)
            {
                connection.EndPart();
            }
            else
            {
                upload.Start(expectation, cancellation);
            }

            var (answer, framing) = await ReadHeadAsync(connection, request, exchange, expectation, cancellation);
            if (!framing.KeepsConnection)
            {
                connection.Spend();
            }

            expectation?.Answer(isWanted: answer.StatusCode < HttpStatusCode.MultipleChoices);
            ((AnswerContent)answer.Content).Begin(connection, answer, framing, HasBody(request, answer));
            return answer;
        }
        catch (Exception failed)
        {
            connection.Dispose();
            upload?.GiveUp();
            expectation?.Answer(isWanted: false);
            cancellation.ThrowIfCancellationRequested();
            if (failed is (IOException and not BackendFaultException) or ObjectDisposedException)
            {
                throw new BackendFaultException(connection.IsReused ? BackendFault.LostReused : BackendFault.Lost, "the connection broke before an answer", failed);
            }

            throw;
        }
    }

    private static async ValueTask<(HttpResponseMessage Answer, AnswerFraming Framing)> ReadHeadAsync(
        Http1Connection connection, HttpRequestMessage request, BackendExchange exchange, Expectation? expectation, CancellationToken cancellation)
    {
        var scanned = 0;
        while (true)
        {
            var end = AnswerHead.FindEnd(connection.Received.Span, ref scanned);
            if (end < 0)
            {
                if (connection.Received.Length > AnswerHead.MaxBytes)
                {
                    throw new BackendFaultException(BackendFault.TooLarge, "the head of its answer is larger than 64 KiB");
                }

                if (!await connection.FillAsync(cancellation))
                {
                    throw connection.Received.IsEmpty
                        ? new BackendFaultException(connection.IsReused ? BackendFault.LostReused : BackendFault.Lost, "the connection was closed before an answer")
                        : Malformed("it breaks off in its head");
                }

                if (!AnswerHead.MayBegin(connection.Received.Span))
                {
                    throw Malformed("it does not begin with HTTP/1");
                }

                continue;
            }

            var (answer, framing) = Parse(connection.Received.Span[..end], request, exchange, expectation);
            connection.Consume(end);
            scanned = 0;
            if (answer is not null)
            {
                return (answer, framing);
            }
        }
    }

    /// <summary>Reads a whole head; null for an interim answer, which is dealt with here.</summary>
    private static (HttpResponseMessage? Answer, AnswerFraming Framing) Parse(ReadOnlySpan<byte> head, HttpRequestMessage request, BackendExchange exchange, Expectation? expectation)
    {
        var line = AnswerHead.ReadStatus(head, out var status, out var isHttp10);
        if (line < 0)
        {
            throw Malformed("its status line is none");
        }

        if (status is < 200 and not (int)HttpStatusCode.SwitchingProtocols)
        {
            if (status == (int)HttpStatusCode.Continue)
            {
                expectation?.Answer(isWanted: true);
            }

            return default;
        }

        var answer = new HttpResponseMessage((HttpStatusCode)status) { Version = HttpVersion.Version11, RequestMessage = request, Content = new AnswerContent() };
        if (AnswerHead.ReadUnusualReason(head, status) is { } reason)
        {
            answer.ReasonPhrase = reason;
        }

        if (!AnswerHead.ReadFields(head[line..], answer, AnswerHead.Put))
        {
            throw Malformed("one of its header lines is none");
        }

        if (!AnswerHead.TryReadFraming(answer, isHttp10, out var framing))
        {
            throw Malformed("its Content-Length or Transfer-Encoding cannot be");
        }

        return (answer, framing);
    }

    private static bool HasBody(HttpRequestMessage request, HttpResponseMessage answer) =>
        request.Method.Method != "HEAD" && answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified);

    private static BackendFaultException Malformed(string how) => new(BackendFault.Malformed, $"its answer is malformed: {how}");
}
