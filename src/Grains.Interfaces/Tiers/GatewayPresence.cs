namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>How gateways and indexes know of each other.</summary>
public static class GatewayPresence
{
    /// <summary>How long a gateway that an index hears nothing of counts as one of its gateways.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    /// <summary>How often a gateway says that it is there.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
}
