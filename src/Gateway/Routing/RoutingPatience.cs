using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>How long a request waits for a decision. An index in this process dies with it; one in another process is back within seconds when its silo
/// dies, so there requests wait and ask again.</summary>
/// <param name="Total">Longest wait.</param>
/// <param name="Attempt">Longest wait for one response, which never comes when the silo dies that was asked.</param>
internal sealed record RoutingPatience(TimeSpan Total, TimeSpan Attempt)
{
    /// <summary>Time between two attempts.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait for what only confirms what this gateway knows.</summary>
    public static readonly TimeSpan Known = TimeSpan.FromMilliseconds(500);

    /// <summary>For an index in this process: one attempt.</summary>
    public static readonly RoutingPatience OneProcess = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(500));

    /// <summary>For an index in another process.</summary>
    public static readonly RoutingPatience Cluster = new(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(2));

    /// <summary>Whether a failed attempt is followed by another one.</summary>
    public bool Retries => Attempt < Total;

    /// <summary>The patience that fits where the silo runs.</summary>
    public static RoutingPatience For(ServerOptions options) => options.Cluster == ClusterMode.Embedded ? OneProcess : Cluster;
}
