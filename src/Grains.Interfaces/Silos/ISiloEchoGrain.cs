using Orleans.CodeGeneration;

namespace Opsen.Grains.Interfaces.Silos;

/// <summary>Answers on the silo that a gateway's call reaches first, for the gateway to learn which silos answer. The key has no meaning: calls of different
/// keys go to different silos.</summary>
[Alias("opsen.ISiloEchoGrain"), Version(1)]
public interface ISiloEchoGrain : IGrainWithIntegerKey
{
    /// <summary>The address at which that silo takes calls of gateways.</summary>
    [Alias("Answer")]
    Task<SiloAddress> Answer();
}
