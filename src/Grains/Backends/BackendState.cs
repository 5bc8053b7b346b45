using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>What is stored of a host.</summary>
[GenerateSerializer, Alias("opsen.BackendState")]
public sealed record BackendState
{
    /// <summary>The host as last published; null when it is not registered.</summary>
    [Id(0)]
    public HostSnapshot? Host { get; set; }

    /// <summary>When this identity first registered.</summary>
    [Id(1)]
    public DateTimeOffset? CreatedAt { get; set; }
}
