using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Tiers.Leases;

/// <summary>
/// Tells an index in a cluster whether it may grant what cannot be stored (ADR 0010). It may while a majority of the silos that were active when it last
/// reached the database have confirmed it within <see cref="Duration"/>, counted from before they were asked, and the database has been away for no longer
/// than <see cref="MaxAbsence"/>. An index that begins first makes sure that no earlier one may (<see cref="LeaseTakeover"/>). Lives inside the index's grain
/// and is as single-threaded as that.
/// </summary>
internal sealed partial class IndexLease(string pool, ILeaseStorage storage, IWitnesses witnesses, TimeProvider time, ILogger logger)
{
    /// <summary>How long a confirmation lasts.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    /// <summary>How often it is asked for.</summary>
    public static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long an index goes on without the database; and how long a later one waits that can reach too few witnesses of it to rule that out.
    /// </summary>
    public static readonly TimeSpan MaxAbsence = TimeSpan.FromMinutes(10);

    /// <summary>How long a renewal waits for the database; it need not, because the next one hears of it.</summary>
    private static readonly TimeSpan ConfirmPatience = TimeSpan.FromMilliseconds(500);

    /// <summary>How long an index that has begun expects gateways that have not joined it yet: they may give back what it takes for reserved.</summary>
    private static readonly TimeSpan LateJoin = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(3);

    private readonly LeaseTakeover _takeover = new(pool, storage, witnesses, time, logger);

    /// <summary>When each was last heard of, by the monotonic clock.</summary>
    private readonly Dictionary<Guid, long> _gateways = [];

    /// <summary>What a successor may read: the set of witnesses that is known to be stored, and those that were sent since. A majority of each must confirm.
    /// </summary>
    private readonly List<ImmutableHashSet<SiloAddress>> _possible = [];

    private Task _confirming = Task.CompletedTask;
    private long _epoch;
    private long _number;
    private long _deadline = long.MinValue;
    private long _storageSeenAt;
    private bool _hasConfirmed;
    private bool _isSuperseded;
    private bool _isRenewing;
    private long _begunAt;

    /// <summary>Whether the index may grant at all: no earlier one decides any more.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether it may grant what is not stored. One comparison, on the path of every such grant.</summary>
    public bool IsHeld => HasBegun && time.GetTimestamp() < _deadline;

    /// <summary>A gateway follows the index.</summary>
    public void Join(Guid gateway) => _gateways[gateway] = time.GetTimestamp();

    /// <summary>A gateway that has joined is still there.</summary>
    public void Hear(Guid gateway)
    {
        if (_gateways.ContainsKey(gateway))
        {
            Join(gateway);
        }
    }

    /// <summary>Whether a gateway of the former index may still join and give back reservations, so that what seems to be taken may be free.</summary>
    public bool ExpectsGateways =>
        HasBegun && time.GetElapsedTime(_begunAt) < LateJoin && !_takeover.FormerGateways.All(_gateways.ContainsKey);

    /// <summary>Makes sure that no earlier index decides any more; completes when <see cref="HasBegun"/>, or when this one has been superseded.</summary>
    /// <returns>The higher epoch that supersedes this one; 0 for none.</returns>
    public async Task<long> BeginAsync(long epoch, CancellationToken stopping)
    {
        _epoch = epoch;
        if (await _takeover.RunAsync(epoch, _gateways.ContainsKey, stopping) is > 0 and var higher)
        {
            return higher;
        }

        (HasBegun, _begunAt) = (true, time.GetTimestamp());
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
            return await AskAsync([.. witnesses.Active]);
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
            await storage.ConfirmAsync(pool, _epoch, ++_number, [], LiveGateways()).WaitAsync(EndPatience, time);
        }
#pragma warning disable CA1031 // A successor waits then.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotEnded(pool, error.Message);
        }
    }

    private async Task<long> AskAsync(ImmutableHashSet<SiloAddress> active)
    {
        var since = time.GetTimestamp();
        var replies = await _takeover.AskAsync(
            _possible.Append(active).SelectMany(static set => set).Distinct(), silo => witnesses.RenewAsync(silo, pool, _epoch, Duration));
        if (replies.Values.Select(static reply => reply.Epoch).Append(0).Max() is var higher && higher > _epoch)
        {
            return higher;
        }

        Extend(since, replies);

        // Not earlier: what a successor reads must have confirmed everything up to the deadline.
        if (HasMajority(active, replies) && _confirming.IsCompleted)
        {
            _confirming = ConfirmAsync(active);
            await Task.WhenAny(_confirming, Task.Delay(ConfirmPatience, time));
            Extend(since, replies);
        }

        return _isSuperseded ? _epoch + 1 : 0;
    }

    private void Extend(long since, Dictionary<SiloAddress, WitnessReply> replies)
    {
        if (HasBegun && _hasConfirmed && _possible.TrueForAll(set => HasMajority(set, replies)))
        {
            var absence = MaxAbsence - time.GetElapsedTime(_storageSeenAt, since);
            _deadline = since + (long)((absence < Duration ? absence : Duration).TotalSeconds * time.TimestampFrequency);
        }
    }

    private async Task ConfirmAsync(ImmutableHashSet<SiloAddress> active)
    {
        var sent = time.GetTimestamp();
        if (!_possible.Exists(active.SetEquals))
        {
            _possible.Add(active);
        }

        try
        {
            if (await storage.ConfirmAsync(pool, _epoch, ++_number, [.. active.Select(static silo => silo.ToParsableString())], LiveGateways()))
            {
                _possible.RemoveAll(set => !set.SetEquals(active));
                (_hasConfirmed, _storageSeenAt) = (true, sent);
            }
            else
            {
                _isSuperseded = true;
            }
        }
#pragma warning disable CA1031 // The database is away; that is what the witnesses are for.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotConfirmed(pool, error.Message);
        }
    }

    private Guid[] LiveGateways()
    {
        var now = time.GetTimestamp();
        return [.. _gateways.Where(gateway => time.GetElapsedTime(gateway.Value, now) < GatewayPresence.Life).Select(static gateway => gateway.Key)];
    }

    private static bool HasMajority(ImmutableHashSet<SiloAddress> set, Dictionary<SiloAddress, WitnessReply> replies) =>
        set.Count(replies.ContainsKey) >= LeaseTakeover.Majority(set.Count);

    [LoggerMessage(333, LogLevel.Debug, "Pool {Pool}: the database does not confirm the index: {Message}")]
    private partial void LogNotConfirmed(string pool, string message);

    [LoggerMessage(335, LogLevel.Warning, "The end of the index of pool {Pool} could not be stored, so the next one waits some seconds: {Message}")]
    private partial void LogNotEnded(string pool, string message);
}
