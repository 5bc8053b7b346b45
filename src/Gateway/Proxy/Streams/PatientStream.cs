namespace Opsen.Gateway.Proxy.Streams;

/// <summary>A response's body to a client that may not be the reason for holding it forever: a write that waits longer than <paramref name="patience"/> for
/// the client to read ends the request.</summary>
internal sealed class PatientStream(HttpContext context, Stream client, TimeSpan patience, TimeProvider time) : WriteOnlyStream(client)
{
    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var written = Inner.WriteAsync(buffer, cancellationToken);
        return written.IsCompleted ? written : new ValueTask(WaitAsync(written.AsTask()));
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        var flushed = Inner.FlushAsync(cancellationToken);
        return flushed.IsCompleted ? flushed : WaitAsync(flushed);
    }

    private async Task WaitAsync(Task pending)
    {
        try
        {
            await pending.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            context.Abort();
            throw new IOException("The client does not read.");
        }
    }
}
