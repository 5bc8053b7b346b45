using Opsen.Grains.Interfaces.Silos;
using Orleans.Concurrency;

namespace Opsen.Grains.Silos;

/// <summary>A stateless worker, so that every silo has its own.</summary>
[StatelessWorker(maxLocalWorkers: 1), Reentrant]
internal sealed class SiloEchoGrain(ILocalSiloDetails silo) : Grain, ISiloEchoGrain
{
    /// <inheritdoc/>
    public Task<SiloAddress> Answer() => Task.FromResult(silo.GatewayAddress);
}
