using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Placement;
using Orleans.Storage;

namespace Opsen.Grains.Tiers;

/// <summary>Brings the list of a pool's hosts to storage and back. Lives inside the index's grain and is as single-threaded as that.</summary>
internal sealed class HostList(IPersistentState<PoolHosts> storage, PlacementIndex index, LedgerStore ledger)
{
    /// <summary>Hosts asked at once when an index starts.</summary>
    private const int LoadParallelism = 64;

    private Coalesced<bool>? _writing;

    /// <summary>Asks every stored host for its state. One that is registered no more is left out; one that cannot be read stops the start, so that it is tried again.</summary>
    public async Task<List<HostSnapshot>> LoadAsync(IGrainFactory grains, CancellationToken cancellation)
    {
        if (storage.RecordExists)
        {
            // The same again: it has another version then, so that no earlier index can write it any more.
            await storage.WriteStateAsync(cancellation);
        }

        var snapshots = new List<HostSnapshot>(storage.State.ClientIds.Count);
        foreach (var chunk in storage.State.ClientIds.Chunk(LoadParallelism))
        {
            var answers = await Task.WhenAll(chunk.Select(id => grains.GetGrain<IBackendGrain>(id).GetSnapshot())).WaitAsync(cancellation);
            snapshots.AddRange(answers.OfType<HostSnapshot>());
        }

        return snapshots;
    }

    /// <summary>Writes the list. Durable when it returns; calls that come while a write is under way share the next one.</summary>
    public Task SaveAsync() => (_writing ??= new(WriteAsync)).RunAsync();

    private async Task<bool> WriteAsync()
    {
        storage.State.ClientIds = [.. index.Hosts.Select(host => host.ClientId)];
        try
        {
            await storage.WriteStateAsync();
        }
        catch (InconsistentStateException)
        {
            // Another index has written it: this one decides no more.
            ledger.Fence(ledger.Epoch + 1);
        }

        return true;
    }
}
