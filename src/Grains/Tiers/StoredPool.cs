namespace Opsen.Grains.Tiers;

/// <summary>The hosts of a pool, stored so that an index that starts knows whom to ask.</summary>
[GenerateSerializer, Alias("opsen.PoolHosts")]
public sealed record PoolHosts
{
    /// <summary>Client ids.</summary>
    [Id(0)]
    public List<string> ClientIds { get; set; } = [];
}
