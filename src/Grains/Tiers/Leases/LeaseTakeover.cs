using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Tiers.Leases;

/// <summary>
/// Makes sure that no earlier index of a pool decides any more, which the database alone cannot say of one that goes on without it: so many of that one's
/// witnesses hear of the new epoch, or are gone, that it can have no majority, and what they confirmed before is waited out.
/// </summary>
internal sealed partial class LeaseTakeover(string pool, ILeaseStorage storage, IWitnesses witnesses, TimeProvider time, ILogger logger)
{
    /// <summary>How long an index that begins waits for gateways to hand in what they hold.</summary>
    private static readonly TimeSpan HandInPatience = TimeSpan.FromSeconds(3);

    /// <summary>Rounds in vain after which somebody should hear of it.</summary>
    private const int RoundsUntilLog = 3;

    private long? _beganAt;

    /// <summary>Gateways of the former index: what they were granted may be known to them alone.</summary>
    public ImmutableArray<Guid> FormerGateways { get; private set; } = [];

    /// <summary>The smallest majority of so many.</summary>
    public static int Majority(int count) => (count / 2) + 1;

    /// <summary>Completes when no earlier index decides, or when this one has been superseded.</summary>
    /// <param name="epoch">The new epoch, which the database has already.</param>
    /// <param name="hasJoined">Whether a gateway has joined the new index.</param>
    /// <param name="stopping">Gives up.</param>
    /// <returns>The higher epoch that supersedes this one; 0 for none.</returns>
    public async Task<long> RunAsync(long epoch, Predicate<Guid> hasJoined, CancellationToken stopping)
    {
        var beganAt = _beganAt ??= time.GetTimestamp();
        var former = await storage.ReadAsync(pool);
        FormerGateways = former.Gateways;
        if (!former.Witnesses.IsEmpty)
        {
            if (await WaitOutAsync(epoch, [.. former.Witnesses.Select(SiloAddress.FromParsableString)], beganAt, stopping) is > 0 and var higher)
            {
                return higher;
            }

            while (time.GetElapsedTime(beganAt) < HandInPatience && !FormerGateways.All(gateway => hasJoined(gateway)))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), time, stopping);
            }
        }

        LogBegun(pool, epoch, time.GetElapsedTime(beganAt).TotalSeconds);
        return 0;
    }

    /// <summary>Asks silos at once; those that do not answer are left out.</summary>
    public async Task<Dictionary<SiloAddress, WitnessReply>> AskAsync(IEnumerable<SiloAddress> silos, Func<SiloAddress, Task<WitnessReply>> ask)
    {
        var replies = await Task.WhenAll(silos.Select(async silo =>
        {
            try
            {
                return (Silo: silo, Reply: (WitnessReply?)await ask(silo));
            }
#pragma warning disable CA1031 // Whatever keeps a silo from answering.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogSilent(pool, silo, error.Message);
                return (Silo: silo, Reply: null);
            }
        }));
        return replies.Where(static one => one.Reply is not null).ToDictionary(static one => one.Silo, static one => one.Reply!.Value);
    }

    private async Task<long> WaitOutAsync(long epoch, List<SiloAddress> open, long beganAt, CancellationToken stopping)
    {
        var count = open.Count;
        var needed = count - Majority(count) + 1;

        // Until when the former index may have been confirmed.
        var (over, now) = (beganAt, beganAt);
        for (var round = 1; needed > 0 && time.GetElapsedTime(beganAt) < IndexLease.MaxAbsence; round++)
        {
            var replies = await AskAsync(open, silo => witnesses.AnnounceAsync(silo, pool, epoch));
            now = time.GetTimestamp();
            foreach (var (silo, reply) in replies)
            {
                if (reply.Epoch > epoch)
                {
                    return reply.Epoch;
                }

                open.Remove(silo);
                needed--;
                over = Math.Max(over, now + Ticks(reply.Left));
            }

            if (needed > 0 && await FindGoneAsync(open) is { Count: > 0 } gone)
            {
                // They cannot say what they had confirmed, so it may have been a moment ago.
                open.RemoveAll(gone.Contains);
                needed -= gone.Count;
                over = time.GetTimestamp() + Ticks(IndexLease.Duration);
            }

            if (needed > 0)
            {
                if (round == RoundsUntilLog)
                {
                    LogWaiting(pool, needed, count, IndexLease.MaxAbsence);
                }

                await Task.Delay(IndexLease.RenewInterval, time, stopping);
            }
        }

        now = time.GetTimestamp();
        if (now < over)
        {
            await Task.Delay(time.GetElapsedTime(now, over), time, stopping);
        }

        return 0;
    }

    private long Ticks(TimeSpan duration) => (long)(duration.TotalSeconds * time.TimestampFrequency);

    private async Task<ImmutableHashSet<SiloAddress>> FindGoneAsync(IEnumerable<SiloAddress> silos)
    {
        var found = await Task.WhenAll(silos.Select(async silo => (Silo: silo, IsGone: await witnesses.IsGoneAsync(silo))));
        return [.. found.Where(static one => one.IsGone).Select(static one => one.Silo)];
    }

    [LoggerMessage(331, LogLevel.Information, "The index of pool {Pool} decides under epoch {Epoch}; no earlier one can any more, after {Seconds:0.0} s")]
    private partial void LogBegun(string pool, long epoch, double seconds);

    [LoggerMessage(332, LogLevel.Error, "The index of pool {Pool} waits: {Missing} more of {Witnesses} silos must say, or be known to be gone, that no earlier index decides there. It goes on by itself after {Longest} at the latest; it goes on at once when a silo that is down is started again")]
    private partial void LogWaiting(string pool, int missing, int witnesses, TimeSpan longest);

    [LoggerMessage(334, LogLevel.Debug, "Pool {Pool}: witness {Silo} does not answer: {Message}")]
    private partial void LogSilent(string pool, SiloAddress silo, string message);
}
