using System.Net.Sockets;
using Opsen.Grains.Interfaces.Tiers;
using Orleans.Runtime.Services;

namespace Opsen.Grains.Tiers.Leases;

/// <summary>The witnesses of the cluster that this silo is a member of.</summary>
internal sealed class ClusterWitnesses(IServiceProvider services, IClusterMembershipService membership, TimeProvider time)
    : GrainServiceClient<IEpochWitness>(services), IWitnesses
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public IReadOnlyCollection<SiloAddress> Active =>
        [.. membership.CurrentSnapshot.Members.Values.Where(static member => member.Status == SiloStatus.Active).Select(static member => member.SiloAddress)];

    /// <inheritdoc/>
    public Task<WitnessReply> AnnounceAsync(SiloAddress silo, string pool, long epoch) =>
        GetGrainService(silo).Announce(pool, epoch).WaitAsync(Patience, time);

    /// <inheritdoc/>
    public Task<WitnessReply> RenewAsync(SiloAddress silo, string pool, long epoch, TimeSpan duration) =>
        GetGrainService(silo).Renew(pool, epoch, duration).WaitAsync(Patience, time);

    /// <inheritdoc/>
    public async Task<bool> IsGoneAsync(SiloAddress silo)
    {
        if (membership.CurrentSnapshot.Members.Keys.Any(other => other.Endpoint.Equals(silo.Endpoint) && other.Generation > silo.Generation))
        {
            return true;
        }

        try
        {
            using var socket = new Socket(silo.Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            using var deadline = new CancellationTokenSource(Patience, time);
            await socket.ConnectAsync(silo.Endpoint, deadline.Token);
            return false;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
