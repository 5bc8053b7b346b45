namespace Opsen.Protocol.Configuration;

/// <content>The cluster, pools among it.</content>
public sealed partial class ServerOptions
{
    /// <summary>Where the silo runs.</summary>
    public ClusterMode Cluster { get; set; } = ClusterMode.Embedded;

    /// <summary>Connection string of the cluster's database.</summary>
    public string ClusterConnection { get; set; } = "";

    /// <summary>Silos and gateways with the same id form one cluster.</summary>
    public string ClusterId { get; set; } = "opsen";

    /// <summary>Name under which state is stored.</summary>
    public string ServiceId { get; set; } = "opsen";

    /// <summary>What becomes of new sessions while the database is away.</summary>
    public StickyDurability StickyDurability { get; set; } = StickyDurability.Strict;

    /// <summary>PEM certificate with which silos and gateways prove to each other that they belong to the cluster; empty = connections without
    /// TLS.</summary>
    public string ClusterTlsCertFile { get; set; } = "";

    /// <summary>PEM private key of <see cref="ClusterTlsCertFile"/>.</summary>
    public string ClusterTlsKeyFile { get; set; } = "";

    /// <summary>PEM certificates of the authorities that sign the cluster's certificates. Nobody else's are accepted.</summary>
    public string ClusterTlsCaFile { get; set; } = "";

    /// <summary>Address at which other silos and the gateways reach this silo; empty = the one from which it reaches the database.</summary>
    public string AdvertisedIp { get; set; } = "";

    /// <summary>Silo-to-silo port. Embedded: unset = any free port.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port at which a silo takes gateways.</summary>
    public int SiloGatewayPort { get; set; } = 30000;

    /// <summary>Networks in which hosts may be (CIDR). Empty = everywhere but link-local addresses and clouds' metadata.</summary>
    public IReadOnlyList<string> AllowedBackendNetworks { get; set; } = [];

    /// <summary>The pool of hosts that name none, and the one that keeps this gateway's sessions.</summary>
    public string Pool { get; set; } = "default";

    /// <summary>The pools that this gateway places in, in order: where one has no room, the next one is asked. Empty = <see cref="Pool"/> alone.</summary>
    public IReadOnlyList<string> Pools { get; set; } = [];
}
