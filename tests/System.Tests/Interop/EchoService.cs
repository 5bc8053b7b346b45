using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Grpc.Core;

namespace Opsen.System.Tests.Interop;

/// <summary>The backend's side of the gRPC tests.</summary>
internal sealed class EchoService(EchoCalls calls) : Echo.EchoBase
{
    public override async Task<Note> Unary(Note request, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync(new Metadata { { "x-host", context.RequestHeaders.GetValue("x-lb-client-id") ?? "" } });
        context.ResponseTrailers.Add("x-trailer", "text");
        context.ResponseTrailers.Add("x-trailer-bin", [0, 255, 10]);
        if (calls.Find(request.Text) is { } awaited)
        {
            context.CancellationToken.Register(() => awaited.Cancelled.TrySetResult());
            awaited.Begun.TrySetResult(context.Deadline);
            await awaited.Cancelled.Task;
        }

        return request.Text == "fail" ? throw new RpcException(new Status(StatusCode.FailedPrecondition, "größer, 100 %")) : request;
    }

    public override async Task Count(Note request, IServerStreamWriter<Note> responseStream, ServerCallContext context)
    {
        var last = int.Parse(request.Text, CultureInfo.InvariantCulture);
        for (var i = 1; i <= last; i++)
        {
            await responseStream.WriteAsync(new Note { Text = i.ToString(CultureInfo.InvariantCulture) });
        }
    }

    public override async Task<Note> Join(IAsyncStreamReader<Note> requestStream, ServerCallContext context)
    {
        var text = new StringBuilder();
        await foreach (var note in requestStream.ReadAllAsync())
        {
            text.Append(note.Text);
        }

        return new Note { Text = text.ToString() };
    }

    public override async Task Chat(IAsyncStreamReader<Note> requestStream, IServerStreamWriter<Note> responseStream, ServerCallContext context)
    {
        await foreach (var note in requestStream.ReadAllAsync())
        {
            await responseStream.WriteAsync(note);
        }
    }
}

/// <summary>Calls that the backend does not answer.</summary>
internal sealed class EchoCalls
{
    private readonly ConcurrentDictionary<string, EchoCall> _expected = new();

    /// <summary>Makes the backend keep the call with this text waiting.</summary>
    public EchoCall Expect(string text) => _expected[text] = new EchoCall();

    /// <summary>The call with this text, when it is one of them.</summary>
    public EchoCall? Find(string text) => _expected.GetValueOrDefault(text);
}

/// <summary>One of them.</summary>
internal sealed class EchoCall
{
    /// <summary>Ends with the deadline that the backend sees when the call has come.</summary>
    public TaskCompletionSource<DateTime> Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the backend learns that nobody waits any more.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
