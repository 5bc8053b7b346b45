namespace Opsen.Protocol.Configuration;

/// <summary>Which pools a gateway places in.</summary>
public static class PoolOrder
{
    /// <summary><c>pools</c>, or <c>pool</c> where there are none.</summary>
    public static IReadOnlyList<string> PoolsInOrder(this ServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Pools.Count > 0 ? options.Pools : [options.Pool];
    }
}
