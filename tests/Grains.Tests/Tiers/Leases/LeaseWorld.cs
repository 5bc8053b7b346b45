using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tiers.Leases;

namespace Opsen.Grains.Tests.Tiers.Leases;

/// <summary>A cluster in which only leases are real: witnesses with the real memory, a database, and indexes that come one after the other. Every link can be
/// cut, every party can be frozen or die.</summary>
internal sealed class LeaseWorld
{
    private const int Generation = 1;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    public LeaseWorld(int silos)
    {
        Storage = new LeaseDatabase(Time);
        for (var i = 0; i < silos; i++)
        {
            Witnesses.Add(new Witness(SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1000 + i), Generation), new EpochMemory(Time)));
        }
    }

    public FakeTimeProvider Time { get; } = new();

    public LeaseDatabase Storage { get; }

    public List<Witness> Witnesses { get; } = [];

    public List<Index> Indexes { get; } = [];

    /// <summary>A new index begins, with a new epoch, which needs the database.</summary>
    public Index Begin()
    {
        var index = new Index(this, Storage.Begin());
        Indexes.Add(index);
        index.Start();
        Settle();
        return index;
    }

    /// <summary>A silo's process dies and another one takes its address, which remembers nothing.</summary>
    public void Replace(Witness dead)
    {
        dead.IsDead = true;
        Witnesses.Add(new Witness(SiloAddress.New(dead.Address.Endpoint, dead.Address.Generation + 1), new EpochMemory(Time)));
    }

    /// <summary>Lets time pass, in small steps, and calls back after each.</summary>
    public void Pass(TimeSpan time, Action? after = null)
    {
        for (var until = Time.GetUtcNow() + time; Time.GetUtcNow() < until;)
        {
            Time.Advance(Step);
            Storage.RunDue();
            Settle();
            after?.Invoke();
        }
    }

    private void Settle()
    {
        while (Indexes.Select(static index => index.Pump.Run()).ToList().Contains(true))
        {
            // Until nobody goes on.
        }
    }

    /// <summary>A silo's witness.</summary>
    internal sealed class Witness(SiloAddress address, EpochMemory memory)
    {
        public SiloAddress Address { get; } = address;

        public EpochMemory Memory { get; } = memory;

        public bool IsDead { get; set; }

        public bool IsFrozen { get; set; }
    }

    /// <summary>An index, as its grain runs it: it begins, and then renews every second.</summary>
    internal sealed class Index : IWitnesses
    {
        private readonly LeaseWorld _world;
        private readonly IndexLease _lease;
        private bool _isEnded;

        public Index(LeaseWorld world, long epoch)
        {
            (_world, Epoch) = (world, epoch);
            _lease = new IndexLease("p", world.Storage, this, world.Time, NullLogger.Instance);
        }

        public long Epoch { get; }

        public Pump Pump { get; } = new();

        /// <summary>Witnesses that it cannot reach, nor they it.</summary>
        public HashSet<SiloAddress> Cut { get; } = [];

        public bool HasBegun => _lease.HasBegun && !IsSuperseded;

        public bool MayGrantUnstored => HasBegun && _lease.IsHeld;

        public bool IsSuperseded { get; private set; }

        public IReadOnlyCollection<SiloAddress> Active { get; set; } = [];

        public void Start()
        {
            Active = Active.Count > 0 ? Active : [.. _world.Witnesses.Where(static one => !one.IsDead).Select(static one => one.Address)];
            Pump.Start(RunAsync);
        }

        public void End()
        {
            _isEnded = true;
            Pump.Start(_lease.EndAsync);
        }

        public void Join(Guid gateway) => _lease.Join(gateway);

        public void Hear(Guid gateway) => _lease.Hear(gateway);

        public bool ExpectsGateways => _lease.ExpectsGateways;

        public Task<WitnessReply> AnnounceAsync(SiloAddress silo, string pool, long epoch) => AskAsync(silo, memory => memory.Announce(pool, epoch));

        public Task<WitnessReply> RenewAsync(SiloAddress silo, string pool, long epoch, TimeSpan duration) =>
            AskAsync(silo, memory => memory.Renew(pool, epoch, duration));

        public Task<bool> IsGoneAsync(SiloAddress silo) => Task.FromResult(!Cut.Contains(silo) && Find(silo).IsDead);

        private Witness Find(SiloAddress silo) => _world.Witnesses.First(one => one.Address.Equals(silo));

        private Task<WitnessReply> AskAsync(SiloAddress silo, Func<EpochMemory, WitnessReply> ask) =>
            Cut.Contains(silo) || Find(silo) is { IsDead: true } or { IsFrozen: true }
            ? Task.FromException<WitnessReply>(new TimeoutException())
            : Task.FromResult(ask(Find(silo).Memory));

        private async Task RunAsync()
        {
            while (!IsSuperseded && !_isEnded)
            {
                try
                {
                    var higher = _lease.HasBegun ? await _lease.RenewAsync() : await _lease.BeginAsync(Epoch, CancellationToken.None);
                    IsSuperseded = higher > Epoch;
                }
                catch (TimeoutException)
                {
                    // The database is away; the next call tries again.
                }

                await Task.Delay(IndexLease.RenewInterval, _world.Time);
            }
        }
    }
}
