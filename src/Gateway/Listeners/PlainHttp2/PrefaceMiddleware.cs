using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Opsen.Gateway.Listeners.PlainHttp2;

/// <summary>Looks at the first bytes of a connection without consuming them: HTTP/2 is handed over, everything else goes on.</summary>
/// <remarks>The server's own limit on connections that send nothing begins only after this, so it is kept here too.</remarks>
internal sealed class PrefaceMiddleware(ConnectionDelegate next, HandoverListenerFactory handover, KestrelServerLimits limits, TimeProvider time)
{
    /// <summary>Serves the connection to its end.</summary>
    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        switch (await IdentifyAsync(connection))
        {
            case PrefaceMatch.No:
                await next(connection);
                break;
            case PrefaceMatch.Yes:
                await handover.ServeAsync(connection);
                break;
            default:
                // Silent for too long, or gone, or the server stops.
                connection.Abort();
                break;
        }
    }

    private async ValueTask<PrefaceMatch> IdentifyAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        try
        {
            var match = PrefaceMatch.Unfinished;
            var hasBegun = input.TryRead(out var read);
            if (hasBegun && (match = Look(input, read)) != PrefaceMatch.Unfinished)
            {
                return match;
            }

            using var limit = new CancellationTokenSource(limits.KeepAliveTimeout, time);
            var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
            if (!hasBegun)
            {
                match = Look(input, await input.ReadAsync(either.Token));
            }

            // What has begun counts as the head of a request.
            limit.CancelAfter(limits.RequestHeadersTimeout);
            while (match == PrefaceMatch.Unfinished)
            {
                match = Look(input, await input.ReadAsync(either.Token));
            }

            return match;
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
            return PrefaceMatch.Unfinished;
        }
    }

    private static PrefaceMatch Look(PipeReader input, in ReadResult read)
    {
        var match = Http2Preface.Match(read.Buffer);
        if (match == PrefaceMatch.Unfinished && !read.IsCompleted)
        {
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            return PrefaceMatch.Unfinished;
        }

        // Nothing is marked as examined, so that the next reader sees the data at once. A connection that ends within the preface is left to HTTP/1.1.
        input.AdvanceTo(read.Buffer.Start);
        return match == PrefaceMatch.Yes ? PrefaceMatch.Yes : PrefaceMatch.No;
    }
}
