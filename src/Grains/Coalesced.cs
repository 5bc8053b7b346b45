namespace Opsen.Grains;

/// <summary>Runs an operation once at a time; whoever asks for it while it is under way shares the next run, which sees what is true by then. So results
/// arrive in order, and however many ask, each waits for two runs at most. Belongs to a grain and is as single-threaded as that.</summary>
internal sealed class Coalesced<T>(Func<Task<T>> operation)
{
    private Task<T>? _current;
    private Task<T>? _next;

    /// <summary>Whether a run is under way.</summary>
    public bool IsRunning => _current is { IsCompleted: false };

    /// <summary>Runs it, now or as soon as the present run has ended.</summary>
    public Task<T> RunAsync()
    {
        if (_next is not null)
        {
            return _next;
        }

        if (_current is null or { IsCompleted: true })
        {
            return _current = operation();
        }

        return _next = RunAfterAsync(_current);
    }

    private async Task<T> RunAfterAsync(Task<T> current)
    {
        await ((Task)current).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _next = null;
        return await (_current = operation());
    }
}
