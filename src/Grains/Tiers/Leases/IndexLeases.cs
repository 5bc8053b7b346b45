using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Opsen.Grains.Tiers.Leases;

/// <summary>Makes leases for indexes of a cluster; an index that is alone needs none.</summary>
internal sealed class IndexLeases(IServiceProvider services, GrainSettings settings, TimeProvider time)
{
    /// <summary>The lease of a pool's index; null where there is one silo only.</summary>
    public IndexLease? For(string pool, ILogger logger) => settings.IsCluster
        ? new IndexLease(pool, services.GetRequiredService<ILeaseStorage>(), services.GetRequiredService<IWitnesses>(), time, logger)
        : null;
}
