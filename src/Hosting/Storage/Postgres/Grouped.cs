using System.Threading.Channels;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>
/// Answers items in groups, several groups at a time; each takes all that wait. A lone item waits for nobody, and under load a round trip carries many,
/// because it costs far more than a row.
/// </summary>
/// <typeparam name="TItem">What is asked for.</typeparam>
/// <typeparam name="TResult">The answer.</typeparam>
internal sealed class Grouped<TItem, TResult> : IAsyncDisposable
{
    private readonly int _maxItems;
    private readonly Func<List<TItem>, Task<TResult[]>> _answer;
    private readonly Channel<(TItem Item, TaskCompletionSource<TResult> Done)> _waiting =
        Channel.CreateUnbounded<(TItem Item, TaskCompletionSource<TResult> Done)>();

    private readonly Task[] _workers;

    /// <summary>Starts to take items.</summary>
    /// <param name="workers">Groups under way at once.</param>
    /// <param name="maxItems">Items of a group.</param>
    /// <param name="answer">Answers a group, in its order; when it fails, every item of it does.</param>
    public Grouped(int workers, int maxItems, Func<List<TItem>, Task<TResult[]>> answer)
    {
        (_maxItems, _answer) = (maxItems, answer);
        _workers = [.. Enumerable.Range(0, workers).Select(_ => Task.Run(AnswerOnAsync))];
    }

    /// <summary>The answer to one item.</summary>
    public Task<TResult> RunAsync(TItem item)
    {
        var done = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _waiting.Writer.TryWrite((item, done)) ? done.Task : throw new ObjectDisposedException(nameof(Grouped<,>));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await Task.WhenAll(_workers);
    }

    private async Task AnswerOnAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            var group = new List<(TItem Item, TaskCompletionSource<TResult> Done)>();
            while (group.Count < _maxItems && _waiting.Reader.TryRead(out var waiting))
            {
                group.Add(waiting);
            }

            if (group.Count > 0)
            {
                await AnswerAsync(group);
            }
        }
    }

    private async Task AnswerAsync(List<(TItem Item, TaskCompletionSource<TResult> Done)> group)
    {
        try
        {
            var results = await _answer(group.ConvertAll(static one => one.Item));
            for (var i = 0; i < group.Count; i++)
            {
                group[i].Done.TrySetResult(results[i]);
            }
        }
#pragma warning disable CA1031 // Every caller of the group gets the failure.
        catch (Exception error)
#pragma warning restore CA1031
        {
            group.ForEach(one => one.Done.TrySetException(error));
        }
    }
}
