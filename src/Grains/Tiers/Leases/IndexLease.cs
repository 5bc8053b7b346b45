using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Tiers.Leases;

/// <summary>
/// Tells an index in a cluster whether it may grant what cannot be stored (ADR 0010). It may while a majority of the silos that were active when it last
/// reached the database have confirmed it within <see cref="Duration"/>, counted from before they were asked, and the database has been away for no longer
/// than <see cref="MaxAbsence"/>. An index that begins first makes sure that no earlier one may. Lives inside the index's grain and is as single-threaded as
/// that.
/// </summary>
internal sealed partial class IndexLease(string pool, ILeaseStorage storage, IWitnesses witnesses, TimeProvider time, ILogger logger)
{
    /// <summary>How long a confirmation lasts.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    /// <summary>How often it is asked for.</summary>
    public static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long an index goes on without the database; and how long a later one waits that can reach too few witnesses of it to rule that out.</summary>
    public static readonly TimeSpan MaxAbsence = TimeSpan.FromMinutes(10);

    /// <summary>How long an index that begins waits for gateways to hand in what they hold.</summary>
    private static readonly TimeSpan HandInPatience = TimeSpan.FromSeconds(3);

    /// <summary>How long one look at the database may take.</summary>
    private static readonly TimeSpan ConfirmPatience = TimeSpan.FromSeconds(3);

    private readonly HashSet<Guid> _gateways = [];
    private ImmutableArray<SiloAddress> _confirmed = [];
    private long _epoch;
    private long _deadline = long.MinValue;
    private long _storageSeenAt;
    private bool _isRenewing;

    /// <summary>Whether the index may grant at all: no earlier one decides any more.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether it may grant what is not stored. One comparison, on the path of every such grant.</summary>
    public bool IsHeld => HasBegun && time.GetTimestamp() < _deadline;

    /// <summary>A gateway follows the index.</summary>
    public void Join(Guid gateway) => _gateways.Add(gateway);

    /// <summary>Makes sure that no earlier index decides any more; completes when <see cref="HasBegun"/>, or when this one has been superseded.</summary>
    /// <returns>The higher epoch that supersedes this one; 0 for none.</returns>
    public async Task<long> BeginAsync(long epoch, CancellationToken stopping)
    {
        _epoch = epoch;
        var started = time.GetTimestamp();
        var former = await storage.ReadAsync(pool);
        if (!former.Witnesses.IsEmpty)
        {
            if (await WaitOutAsync(former, started, stopping) is > 0 and var higher)
            {
                return higher;
            }

            await WaitForGatewaysAsync(former.Gateways, started, stopping);
        }

        HasBegun = true;
        LogBegun(pool, epoch, time.GetElapsedTime(started).TotalSeconds);
        return await RenewAsync();
    }

    /// <summary>Asks for the next confirmation. Returns the higher epoch that supersedes this one; 0 for none.</summary>
    public async Task<long> RenewAsync()
    {
        if (!HasBegun || _isRenewing)
        {
            return 0;
        }

        _isRenewing = true;
        try
        {
            var active = witnesses.Active;
            if (await TryConfirmAsync(active) is { } isOurs)
            {
                if (!isOurs)
                {
                    return _epoch + 1;
                }

                // What a successor will read from now on.
                (_confirmed, _storageSeenAt) = ([.. active], time.GetTimestamp());
            }

            return _confirmed.IsEmpty ? 0 : await AskWitnessesAsync();
        }
        finally
        {
            _isRenewing = false;
        }
    }

    /// <summary>Ends in order, so that a successor need not wait. It grants nothing more.</summary>
    public async Task EndAsync()
    {
        (HasBegun, _deadline) = (false, long.MinValue);
        try
        {
            await storage.ConfirmAsync(pool, _epoch, [], _gateways).WaitAsync(ConfirmPatience, time);
        }
#pragma warning disable CA1031 // A successor waits then.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotEnded(pool, error.Message);
        }
    }

    /// <summary>Null when the database cannot say.</summary>
    private async Task<bool?> TryConfirmAsync(IReadOnlyCollection<SiloAddress> active)
    {
        try
        {
            return await storage.ConfirmAsync(pool, _epoch, [.. active.Select(static silo => silo.ToParsableString())], _gateways).WaitAsync(ConfirmPatience, time);
        }
#pragma warning disable CA1031 // The database is away; that is what the witnesses are for.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotConfirmed(pool, error.Message);
            return null;
        }
    }

    private async Task<long> AskWitnessesAsync()
    {
        var since = time.GetTimestamp();
        var replies = await AskAsync(_confirmed, silo => witnesses.RenewAsync(silo, pool, _epoch, Duration));
        var higher = replies.Values.Select(static reply => reply.Epoch).Append(0).Max();
        if (higher > _epoch)
        {
            return higher;
        }

        if (replies.Count >= Majority(_confirmed.Length))
        {
            var absence = MaxAbsence - time.GetElapsedTime(_storageSeenAt, since);
            _deadline = since + (long)((absence < Duration ? absence : Duration).TotalSeconds * time.TimestampFrequency);
        }

        return 0;
    }

    /// <summary>Waits until an earlier index can have no majority any more: so many of its witnesses have heard of this one, or are gone, and what they
    /// confirmed before is over.</summary>
    private async Task<long> WaitOutAsync(FormerLease former, long started, CancellationToken stopping)
    {
        var open = former.Witnesses.Select(SiloAddress.FromParsableString).ToList();
        var needed = open.Count - Majority(open.Count) + 1;
        var rest = TimeSpan.Zero;
        for (var tries = 1; needed > 0 && time.GetElapsedTime(started) < MaxAbsence - former.Age; tries++)
        {
            var replies = await AskAsync(open, silo => witnesses.AnnounceAsync(silo, pool, _epoch));
            foreach (var (silo, reply) in replies)
            {
                if (reply.Epoch > _epoch)
                {
                    return reply.Epoch;
                }

                open.Remove(silo);
                needed--;
                rest = reply.Left > rest ? reply.Left : rest;
            }

            if (needed > 0 && (await FindGoneAsync(open)) is { Count: > 0 } gone)
            {
                // They cannot say what they had confirmed, so it may have been a moment ago.
                open.RemoveAll(gone.Contains);
                needed -= gone.Count;
                rest = Duration;
            }

            if (needed > 0)
            {
                if (tries == 3)
                {
                    LogWaiting(pool, needed, former.Witnesses.Length, MaxAbsence - former.Age);
                }

                await Task.Delay(RenewInterval, time, stopping);
            }
        }

        await Task.Delay(rest, time, stopping);
        return 0;
    }

    private async Task<IReadOnlyCollection<SiloAddress>> FindGoneAsync(IEnumerable<SiloAddress> silos)
    {
        var found = await Task.WhenAll(silos.Select(async silo => (Silo: silo, IsGone: await witnesses.IsGoneAsync(silo))));
        return [.. found.Where(static one => one.IsGone).Select(static one => one.Silo)];
    }

    private async Task WaitForGatewaysAsync(ImmutableArray<Guid> former, long started, CancellationToken stopping)
    {
        while (time.GetElapsedTime(started) < HandInPatience && !former.All(_gateways.Contains))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, stopping);
        }
    }

    /// <summary>Asks silos at once; those that do not answer are left out.</summary>
    private async Task<Dictionary<SiloAddress, WitnessReply>> AskAsync(IEnumerable<SiloAddress> silos, Func<SiloAddress, Task<WitnessReply>> ask)
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

    private static int Majority(int count) => (count / 2) + 1;

    [LoggerMessage(331, LogLevel.Information, "The index of pool {Pool} decides under epoch {Epoch}; no earlier one can any more, after {Seconds:0.0} s")]
    private partial void LogBegun(string pool, long epoch, double seconds);

    [LoggerMessage(332, LogLevel.Error, "The index of pool {Pool} waits: {Missing} more of {Witnesses} silos must say, or be known to be gone, that no earlier index decides there. It goes on by itself after {Longest} at the latest; it goes on at once when a silo that is down is started again")]
    private partial void LogWaiting(string pool, int missing, int witnesses, TimeSpan longest);

    [LoggerMessage(333, LogLevel.Debug, "Pool {Pool}: the database does not confirm the index: {Message}")]
    private partial void LogNotConfirmed(string pool, string message);

    [LoggerMessage(334, LogLevel.Debug, "Pool {Pool}: witness {Silo} does not answer: {Message}")]
    private partial void LogSilent(string pool, SiloAddress silo, string message);

    [LoggerMessage(335, LogLevel.Warning, "The end of the index of pool {Pool} could not be stored, so the next one waits some seconds: {Message}")]
    private partial void LogNotEnded(string pool, string message);
}
