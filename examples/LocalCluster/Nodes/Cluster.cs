using System.Globalization;
using System.Text.RegularExpressions;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Examples.LocalCluster.Nodes;

/// <summary>A PostgreSQL server, silos and gateways on free ports of this machine, each in a process of its own.</summary>
internal sealed partial class Cluster : IAsyncDisposable
{
    /// <summary>A session's tier: any host serves thousands of them.</summary>
    public const string SessionTier = "session";

    /// <summary>A tier that takes one core.</summary>
    public const string CoreTier = "core";

    /// <summary>A tier that takes one card.</summary>
    public const string CardTier = "card";

    /// <summary>Path prefix that the gateways proxy.</summary>
    public const string ProxiedPrefix = "/app";

    /// <summary>Header with the session's id.</summary>
    public const string SessionHeader = "X-Session-ID";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(90);

    private readonly TemporaryFolder _folder = new();

    private readonly ClusterCertificates _certificates;
    private readonly NodeNetwork? _network;
    private readonly string _clone;

    private Cluster(PostgresServer postgres, string connection, NodeNetwork? network, string clone)
    {
        (Postgres, Connection, _network, _clone) = (postgres, connection, network, clone);
        _certificates = new ClusterCertificates(_folder);
    }

    /// <summary>The database server.</summary>
    public PostgresServer Postgres { get; }

    /// <summary>The cluster's connection string.</summary>
    public string Connection { get; }

    /// <summary>The silos.</summary>
    public IReadOnlyList<Node> Silos { get; private set; } = [];

    /// <summary>The gateways.</summary>
    public IReadOnlyList<Node> Gateways { get; private set; } = [];

    /// <summary>The gateways' main listeners.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>The admin listeners, by node.</summary>
    public IReadOnlyDictionary<Node, Uri> Admin { get; private set; } = new Dictionary<Node, Uri>();

    /// <summary>Address of this machine that the nodes reach.</summary>
    public string MachineAddress => _network?.Address ?? "127.0.0.1";

    /// <summary>Every node.</summary>
    public IEnumerable<Node> Nodes => Silos.Concat(Gateways);

    /// <summary>The running silo that has the index: the one that logged its latest start.</summary>
    public Node? IndexSilo => Silos.Where(static silo => silo.IsRunning).MaxBy(EpochOf) is { } silo && EpochOf(silo) > 0 ? silo : null;

    /// <summary>The gateways' key, which the admin listeners want as well.</summary>
    public const string Key = "local-cluster";

    /// <summary>Silos that a fault has picked at present.</summary>
    public HashSet<Node> InTrouble { get; } = [];

    /// <summary>The latest epoch of the index.</summary>
    public long Epoch => Silos.Max(static silo => silo.WholeLog.Select(EpochIn).DefaultIfEmpty().Max());

    /// <summary>Starts everything and waits until the gateways serve.</summary>
    /// <param name="silos">How many silos.</param>
    /// <param name="gateways">How many gateways.</param>
    /// <param name="settings">More lines for every <c>server.yml</c>.</param>
    /// <param name="inNamespaces">Whether each node gets a network namespace of its own, so that it can be cut off.</param>
    /// <param name="clone">Clone of the repository whose programs run; null for this one.</param>
    public static async Task<Cluster> StartAsync(
        int silos,
        int gateways,
        string settings,
        bool inNamespaces,
        string? clone,
        CancellationToken cancellation)
    {
        var network = inNamespaces ? await NodeNetwork.CreateAsync() : null;
        var postgres = network is null ? await PostgresServer.StartNewAsync() : await PostgresServer.StartNewAsync(network.Address, network.Subnet);
        var cluster = new Cluster(postgres, await postgres.CreateDatabaseAsync(), network, clone ?? BuildOutput.RepositoryRoot);
        try
        {
            await cluster.ConfigureAsync(silos, gateways, settings);
            foreach (var node in cluster.Nodes)
            {
                node.Start();
            }

            foreach (var gateway in cluster.Gateways)
            {
                await cluster.UntilReadyAsync(gateway, cancellation);
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a node says that it is ready. One that ends meanwhile is started again, as a service manager does: a silo ends when it hears that
    /// the others have declared it dead.</summary>
    public async Task UntilReadyAsync(Node node, CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            await Wait.UntilAsync(
                $"{node.Name} is ready",
                async token =>
                {
                    if (!node.IsRunning)
                    {
                        await node.StopAsync();
                        node.Start();
                    }

                    using var response = await http.GetAsync(new Uri(Admin[node], "/readyz"), token);
                    return response.IsSuccessStatusCode;
                },
                StartPatience,
                cancellation);
        }
        catch (TimeoutException problem)
        {
            throw new InvalidOperationException($"{problem.Message}\n{string.Join('\n', node.WholeLog.TakeLast(60))}", problem);
        }
    }

    /// <summary>Waits until every silo is ready, and starts those that have ended, as a service manager does.</summary>
    public async Task UntilWholeAsync(CancellationToken cancellation)
    {
        foreach (var silo in Silos)
        {
            await UntilReadyAsync(silo, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(static node => node.DisposeAsync().AsTask()));
        await Postgres.DisposeAsync();
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        _certificates.Dispose();
        _folder.Dispose();
    }

    private async Task ConfigureAsync(int silos, int gateways, string settings)
    {
        var (admin, addresses, nodes) = (new Dictionary<Node, Uri>(), new List<Uri>(), new List<Node>());
        for (var number = 1; number <= silos; number++)
        {
            var ports = FreePorts.Take(3);
            var node = await AddAsync($"silo-{number}", "src/Silo", "opsen-silo", $"""
                silo_port: {ports[0]}
                silo_gateway_port: {ports[1]}
                silo_admin_port: {ports[2]}
                """, settings);
            nodes.Add(node);
            admin[node] = At(node, ports[2]);
        }

        for (var number = 1; number <= gateways; number++)
        {
            var ports = FreePorts.Take(2);
            var node = await AddAsync($"gateway-{number}", "src/Gateway", "opsen-gateway", $"""
                port: {ports[0]}
                admin_port: {ports[1]}
                """, settings);
            nodes.Add(node);
            admin[node] = At(node, ports[1]);
            addresses.Add(At(node, ports[0]));
        }

        (Silos, Gateways, Addresses, Admin) = (nodes[..silos], nodes[silos..], addresses, admin);
    }

    private async Task<Node> AddAsync(string name, string project, string program, string ports, string settings)
    {
        var place = _network is null ? null : await _network.AddAsync();
        var address = place?.Address ?? "127.0.0.1";
        var configuration = _folder.Write($"{name}.yml", $$"""
            host: {{address}}
            admin_host: {{address}}
            server_key: {{Key}}
            advertised_ip: {{address}}
            cluster: postgres
            cluster_connection: {{Connection}}
            rate_limit_per_minute: 0
            health_check_enabled: false
            proxy_endpoints: ["{{ProxiedPrefix}}"]
            sticky_header: {{SessionHeader}}
            shutdown_timeout_seconds: 10
            tiers:
              - {name: {{SessionTier}}, vcpu: 0, memory_gb: 0.001, storage_gb: 0}
              - {name: {{CoreTier}}, vcpu: 1, memory_gb: 0, storage_gb: 0}
              - {name: {{CardTier}}, vcpu: 0, memory_gb: 0, storage_gb: 0, gpu: 1, gpu_memory_gb: 16}
            {{ports}}
            {{_certificates.SettingsFor(name)}}
            {{settings}}
            """);
        return new Node(name, clone => BuildOutput.Find(clone, project, program), configuration, place) { Clone = _clone };
    }

    private static Uri At(Node node, int port) => new($"http://{node.Place?.Address ?? "127.0.0.1"}:{port}");

    private static long EpochOf(Node silo) => silo.Log.Select(EpochIn).DefaultIfEmpty().Max();

    private static long EpochIn(string line) =>
        IndexReady().Match(line) is { Success: true } match ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex("The index of pool default is ready .* epoch ([0-9]+)")]
    private static partial Regex IndexReady();
}
