namespace Opsen.Gateway.Proxy.Http1;

/// <summary>A caller that sent Expect: 100-continue (RFC 9110, section 10.1.1). The backend accepts or rejects the body, or stays silent for as long as we
/// wait for that.</summary>
internal sealed class Expectation
{
    private readonly TaskCompletionSource<bool> _isWanted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts to wait.</summary>
    public Expectation(TimeSpan patience) => _ = GiveUpAsync(patience);

    /// <summary>Whether the body is wanted.</summary>
    public Task<bool> IsWanted => _isWanted.Task;

    /// <summary>The backend has accepted or rejected the body. Only its first word counts.</summary>
    public void Answer(bool isWanted) => _isWanted.TrySetResult(isWanted);

    private async Task GiveUpAsync(TimeSpan patience)
    {
        await ((Task)_isWanted.Task).WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _isWanted.TrySetResult(true);
    }
}
