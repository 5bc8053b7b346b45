namespace Opsen.Grains;

/// <summary>The loop of a background service that does something at an interval until the process stops.</summary>
public static class PeriodicLoop
{
    /// <summary>Waits and works by turns. Ends normally when <paramref name="stopping"/> is cancelled: a cancelled wait would be reported as a host failure.</summary>
    /// <param name="interval">The wait before each round of work.</param>
    /// <param name="time">The clock.</param>
    /// <param name="work">The work. What it throws ends the loop.</param>
    /// <param name="worksAtStop">Whether there is a last round when the process stops, for what has gathered.</param>
    /// <param name="stopping">The service stops.</param>
    public static async Task RunAsync(TimeSpan interval, TimeProvider time, Func<Task> work, bool worksAtStop, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(interval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (worksAtStop || !stopping.IsCancellationRequested)
            {
                await work();
            }
        }
    }
}
