using System.Diagnostics;
using System.Globalization;

namespace Opsen.Examples.LocalCluster.Nodes;

/// <summary>A bridge of this machine, and for each node a network namespace with an address on it, so that a node can be cut off while it runs. Linux, root and
/// <c>ip</c> (iproute2) only.</summary>
internal sealed class NodeNetwork : IAsyncDisposable
{
    private static readonly Lazy<string?> WhyNot = new(static () => TryAsync().GetAwaiter().GetResult());

    // An interface's name has at most 15 characters.
    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"ops{Environment.ProcessId}");
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"10.213.{Environment.ProcessId % 250}.");
    private int _count;

    private NodeNetwork()
    {
    }

    /// <summary>This machine's own address on the bridge.</summary>
    public string Address => $"{_prefix}1";

    /// <summary>The network, for access rules.</summary>
    public string Subnet => $"{_prefix}0/24";

    /// <summary>Why there can be none here; null where there can.</summary>
    public static string? Missing => WhyNot.Value;

    /// <summary>Makes the bridge.</summary>
    /// <exception cref="InvalidOperationException">The machine does not allow it.</exception>
    public static async Task<NodeNetwork> CreateAsync()
    {
        var network = new NodeNetwork();
        await RunAsync($"link add {network._name} type bridge");
        await RunAsync($"addr add {network.Address}/24 dev {network._name}");
        await RunAsync($"link set {network._name} up");
        return network;
    }

    /// <summary>Makes a place for a node.</summary>
    public async Task<Place> AddAsync()
    {
        var place = new Place($"{_name}n{++_count}", $"{_prefix}{10 + _count}");
        await RunAsync($"netns add {place.Namespace}");
        await RunAsync($"link add {place.Namespace} type veth peer name eth0 netns {place.Namespace}");
        await RunAsync($"link set {place.Namespace} master {_name}");
        await RunAsync($"link set {place.Namespace} up");
        await RunAsync($"-n {place.Namespace} addr add {place.Address}/24 dev eth0");
        await RunAsync($"-n {place.Namespace} link set eth0 up");
        await RunAsync($"-n {place.Namespace} link set lo up");
        return place;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        for (var number = 1; number <= _count; number++)
        {
            await RunAsync($"netns del {_name}n{number}");
        }

        await RunAsync($"link del {_name}");
    }

    private static async Task<string?> TryAsync()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "Network namespaces need Linux and root.";
        }

        try
        {
            await using var network = await CreateAsync();
            await network.AddAsync();
            return null;
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"Network namespaces cannot be made ('ip' of iproute2, and root outside of most containers, are needed): {error.Message}";
        }
    }

    private static async Task RunAsync(string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {arguments}: {error.Trim()}");
        }
    }

    /// <summary>Where a node runs.</summary>
    /// <param name="Namespace">The namespace; the bridge's end of its cable has the same name.</param>
    /// <param name="Address">Its address.</param>
    internal sealed record Place(string Namespace, string Address)
    {
        /// <summary>Pulls the cable, or plugs it in again: packets are lost, and nobody is told.</summary>
        public Task SetCutAsync(bool isCut) => RunAsync($"link set {Namespace} {(isCut ? "down" : "up")}");

        /// <summary>Lets packets from here to another node vanish, or pass again.</summary>
        public Task SetCutAsync(Place other, bool isCut) => RunAsync($"-n {Namespace} route {(isCut ? "add" : "del")} blackhole {other.Address}/32");
    }
}
