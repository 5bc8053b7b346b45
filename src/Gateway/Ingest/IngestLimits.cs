namespace Opsen.Gateway.Ingest;

/// <summary>Limits on what a host may report about itself: far above any real machine, low enough that no report makes routing slow.</summary>
internal static class IngestLimits
{
    /// <summary>Characters of a client id.</summary>
    public const int ClientId = 128;

    /// <summary>Characters of a host name, as in DNS.</summary>
    public const int Hostname = 253;

    /// <summary>Characters of a city or country.</summary>
    public const int PlaceName = 128;

    /// <summary>Characters of a card's model name.</summary>
    public const int GpuModel = 128;

    /// <summary>Characters of an endpoint URL.</summary>
    public const int Url = 2048;

    /// <summary>Endpoints of a host.</summary>
    public const int Endpoints = 64;

    /// <summary>Path patterns of an endpoint.</summary>
    public const int Paths = 256;

    /// <summary>Characters of a path pattern.</summary>
    public const int Path = 1024;

    /// <summary>Path patterns of all of a host's endpoints.</summary>
    public const int HostPaths = 1024;

    /// <summary>Characters of a host's patterns with <c>*</c> or <c>?</c>, all of them together: each is tried for each request.</summary>
    public const int HostWildcards = 4096;

    /// <summary>Cores of a host.</summary>
    public const int Cores = 4096;

    /// <summary>Cards of a host.</summary>
    public const int Gpus = 64;

    /// <summary>Highest device id of a card.</summary>
    public const int DeviceId = 65_535;

    /// <summary>GB of memory or disk: an exabyte.</summary>
    public const double Gigabytes = 1e9;
}
