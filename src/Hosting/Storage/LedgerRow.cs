using System.Collections.Immutable;
using System.Text.Json;
using Opsen.Grains.Tiers;

namespace Opsen.Hosting.Storage;

/// <summary>A row of the reservations' journal. Times are milliseconds since 1970.</summary>
internal readonly record struct LedgerRow(long Id, long WrittenAt, long EndsAt, string Granted, string Ended)
{
    /// <summary>Reads rows, in parallel, because parsing dominates. A journal without a damaged row is better than none.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="unreadable">Hears of damaged rows; safe to call from any thread.</param>
    public static ImmutableArray<LedgerEntry> Read(IEnumerable<LedgerRow> rows, Action<string, Exception> unreadable) =>
        [.. rows.AsParallel().Select(row => row.TryRead(unreadable)).OfType<LedgerEntry>()];

    private LedgerEntry? TryRead(Action<string, Exception> unreadable)
    {
        try
        {
            return new LedgerEntry
            {
                WrittenAt = DateTimeOffset.FromUnixTimeMilliseconds(WrittenAt),
                EndsAt = DateTimeOffset.FromUnixTimeMilliseconds(EndsAt),
                Granted = GrainStateJson.Deserialize<ImmutableArray<StoredReservation>>(Granted),
                Ended = GrainStateJson.Deserialize<ImmutableArray<Guid>>(Ended),
            };
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            unreadable($"opsen_ledger {Id}", error);
            return null;
        }
    }
}
