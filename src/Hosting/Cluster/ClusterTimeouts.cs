namespace Opsen.Hosting.Cluster;

/// <summary>Timeouts of grain calls, the same in gateways and silos.</summary>
public static class ClusterTimeouts
{
    /// <summary>After this long a grain call is given up. A silo that died takes its calls with it, so it is far below Orleans' 30 s.</summary>
    public static readonly TimeSpan Response = TimeSpan.FromSeconds(5);
}
