using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Tests.Cluster;

/// <summary>What tests read out of decisions.</summary>
internal static class Decisions
{
    extension(PlacementDecision decision)
    {
        /// <summary>Whether an index decided, so that the session was placed and not found.</summary>
        public bool IsNew => decision.Epoch > 0;
    }
}
