using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Fleet;

namespace Opsen.Grains.Fleet;

/// <summary>A host in a <see cref="FleetView"/>. The entry stays the same object while the host is in the fleet; its state is swapped as a whole.</summary>
public sealed class FleetEntry(FleetHost host)
{
    private volatile FleetHost _host = host;

    /// <summary>The host as the index last published it.</summary>
    public FleetHost Host
    {
        get => _host;
        internal set => _host = value;
    }

    /// <summary>The host's own state.</summary>
    public HostSnapshot Snapshot => _host.Snapshot;

    /// <summary>Whether the host has left the fleet. What holds on to an entry must look it up again then.</summary>
    public bool IsGone { get; internal set; }
}
