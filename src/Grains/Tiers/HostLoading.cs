using Microsoft.Extensions.Logging;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Tiers;

/// <summary>
/// Brings a pool's hosts from storage into an index that starts, and then wakes their grains, which probe them and watch their silence. An index begins with
/// what is stored, in one query, so one host that cannot be read or whose grain does not answer keeps no other from being routed to. Lives inside the
/// index's grain and is as single-threaded as that.
/// </summary>
internal sealed partial class HostLoading(string pool, IHostCatalog catalog, IGrainFactory grains, ILogger logger)
{
    /// <summary>Grains woken at once.</summary>
    private const int Parallelism = 64;

    /// <summary>How often those that did not answer, or could not be read, are tried again.</summary>
    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(30);

    /// <summary>Hosts whose grains have not answered yet: a value for those that the index knows from storage.</summary>
    private readonly Dictionary<string, HostSnapshot?> _asleep = new(StringComparer.Ordinal);

    /// <summary>Reads the pool's hosts. Of two with one endpoint only the one that registered later is among them; the other one is told when its grain is
    /// woken.</summary>
    public async Task<IReadOnlyCollection<HostSnapshot>> ReadAsync()
    {
        var owners = new Dictionary<string, HostSnapshot>(StringComparer.Ordinal);
        foreach (var stored in await catalog.ReadAsync())
        {
            if (stored.Host is not { } host)
            {
                LogUnreadable(stored.ClientId, stored.Problem);
                _asleep[stored.ClientId] = null;
            }
            else if (host.Registration.Pool == pool)
            {
                _asleep[stored.ClientId] = host;
                if (!owners.TryGetValue(host.Registration.EndpointKey, out var other) || other.RegisteredAt < host.RegisteredAt)
                {
                    owners[host.Registration.EndpointKey] = host;
                }
            }
        }

        return owners.Values;
    }

    /// <summary>Notes hosts whose grains may be gone, with the state that the index has of them.</summary>
    public void Suspect(IEnumerable<HostSnapshot> hosts)
    {
        foreach (var host in hosts)
        {
            _asleep.TryAdd(host.ClientId, host);
        }
    }

    /// <summary>Wakes the grains of hosts that have not answered yet. One that is registered hands its state to the index by itself.</summary>
    /// <returns>Hosts whose grains know nothing of them: the state that the index had from storage.</returns>
    public async Task<IReadOnlyCollection<HostSnapshot>> WakeAsync()
    {
        var gone = new List<HostSnapshot>();
        foreach (var chunk in _asleep.Keys.ToArray().Chunk(Parallelism))
        {
            var answers = await Task.WhenAll(chunk.Select(WakeAsync));
            foreach (var (clientId, isRegistered) in chunk.Zip(answers))
            {
                if (isRegistered is null)
                {
                    continue;
                }

                if (_asleep.Remove(clientId, out var known) && isRegistered == false && known is not null)
                {
                    gone.Add(known);
                }
            }
        }

        return gone;
    }

    private async Task<bool?> WakeAsync(string clientId)
    {
        try
        {
            return await grains.GetGrain<IBackendGrain>(clientId).Wake();
        }
        catch (UnreadableHostException)
        {
            return null;
        }
#pragma warning disable CA1031 // Whatever is the matter with one host, the others go on, and this one is tried again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotWoken(clientId, error.Message);
            return null;
        }
    }

    [LoggerMessage(321, LogLevel.Error, "What is stored of host {ClientId} cannot be read, so it is left out: {Problem} Repair its row in opsen_grain_state, or remove the host with DELETE /clients/{ClientId}")]
    private partial void LogUnreadable(string clientId, string problem);

    [LoggerMessage(322, LogLevel.Warning, "Host {ClientId} is routed to as it was stored, but its grain does not answer; tried again in half a minute: {Message}")]
    private partial void LogNotWoken(string clientId, string message);
}
