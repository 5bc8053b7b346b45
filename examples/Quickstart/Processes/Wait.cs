using System.Diagnostics;

namespace Opsen.Examples.Quickstart.Processes;

/// <summary>Waits for a condition outside of this process, which can only be asked again and again.</summary>
internal static class Wait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks until the answer is not null, and returns it.</summary>
    /// <param name="what">What is waited for; named in the exception.</param>
    /// <param name="ask">One try; a failed connection counts as "not yet".</param>
    /// <param name="timeout">How long to try.</param>
    /// <param name="cancellation">Ends the wait early.</param>
    /// <exception cref="TimeoutException">It did not come true in time.</exception>
    public static async Task<T> ForAsync<T>(string what, Func<CancellationToken, Task<T?>> ask, TimeSpan timeout, CancellationToken cancellation)
        where T : class
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Interval);
        var last = "";
        do
        {
            try
            {
                if (await ask(cancellation) is { } answer)
                {
                    return answer;
                }

                last = "";
            }
            catch (HttpRequestException problem)
            {
                last = $" Last try: {problem.Message}";
            }
            catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
            {
                last = " Last try: no answer in time.";
            }

            await timer.WaitForNextTickAsync(cancellation);
        }
        while (Stopwatch.GetElapsedTime(started) < timeout);

        throw new TimeoutException($"Waited {timeout.TotalSeconds:0} s for: {what}.{last}");
    }

    /// <summary>Asks until the condition is true.</summary>
    /// <inheritdoc cref="ForAsync"/>
    public static Task UntilAsync(string what, Func<CancellationToken, Task<bool>> ask, TimeSpan timeout, CancellationToken cancellation) =>
        ForAsync(what, async token => await ask(token) ? string.Empty : null, timeout, cancellation);
}
