using System.Text.Json;

namespace Opsen.Grains.DecisionLogs;

/// <summary>Reads a decision log and says what each score would have chosen. The same log gives the same report.</summary>
public static class DecisionReplay
{
    /// <summary>Replays a log.</summary>
    /// <param name="log">Its lines.</param>
    /// <param name="horizon">How long after a decision the reports of the hosts count.</param>
    /// <param name="pool">The only pool to replay; null = all.</param>
    /// <exception cref="FormatException">A line is not of a decision log, or cannot follow the one before it. The message names the line.</exception>
    public static IReadOnlyList<ReplayReport> Run(TextReader log, TimeSpan horizon, string? pool = null)
    {
        var pools = new SortedDictionary<string, PoolReplay>(StringComparer.Ordinal);
        var number = 0;
        for (var line = log.ReadLine(); line is not null; line = log.ReadLine())
        {
            number++;
            try
            {
                if (JsonSerializer.Deserialize<DecisionEvent>(line, StateJson.Options) is not { } one)
                {
                    throw new FormatException("null is no event");
                }

                if (pool is not null && one.Pool != pool)
                {
                    continue;
                }

                if (!pools.TryGetValue(one.Pool, out var replay))
                {
                    pools.Add(one.Pool, replay = new(one.Pool, (long)horizon.TotalMilliseconds));
                }

                replay.Add(one);
            }
            catch (JsonException) when (log.Peek() < 0)
            {
                // The last line of a process that was killed.
            }
            catch (Exception error) when (error is JsonException or FormatException or ArgumentException)
            {
                throw new FormatException($"line {number}: {error.Message}");
            }
        }

        return [.. pools.Values.Select(static replay => replay.Finish())];
    }
}
