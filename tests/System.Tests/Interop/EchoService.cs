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
        calls.Deadlines.Enqueue(context.Deadline);
        await context.WriteResponseHeadersAsync(new Metadata { { "x-host", context.RequestHeaders.GetValue("x-lb-client-id") ?? "" } });
        context.ResponseTrailers.Add("x-trailer", "text");
        context.ResponseTrailers.Add("x-trailer-bin", [0, 255, 10]);
        if (request.Text == "wait")
        {
            calls.Begun.TrySetResult();
            context.CancellationToken.Register(() => calls.Cancelled.TrySetResult());
            await calls.Cancelled.Task;
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

/// <summary>What the backend saw.</summary>
internal sealed class EchoCalls
{
    public ConcurrentQueue<DateTime> Deadlines { get; } = new();

    public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
