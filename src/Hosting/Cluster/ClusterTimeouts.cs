namespace Opsen.Hosting.Cluster;

/// <summary>Bounds on grain calls that gateways and silos share.</summary>
public static class ClusterTimeouts
{
    /// <summary>After this long a grain call is given up. A silo that died takes its calls with it, so it is far below Orleans' 30 s.</summary>
    public static readonly TimeSpan Response = TimeSpan.FromSeconds(5);
}
