using System.Net;
using System.Net.Http.Json;
using Opsen.Examples.LocalCluster.Fleet;
using Opsen.Protocol.Http;
using LocalCluster = Opsen.Examples.LocalCluster.Nodes.Cluster;

namespace Opsen.System.Tests.Cluster;

/// <summary>Callers of two gateways that want the same cores.</summary>
internal sealed class GatewayRace : IDisposable
{
    /// <summary>Callers of the first gateway for each one of the second.</summary>
    private const int Share = 4;

    private readonly HttpClient[] _gateways;
    private readonly int _capacity;

    public GatewayRace(LocalCluster cluster, SimulatedFleet fleet)
    {
        _capacity = fleet.Hosts.Sum(static host => host.Cores);
        _gateways =
        [
            .. cluster.Addresses.Select(static address => new HttpClient
            {
                BaseAddress = address,
                Timeout = TimeSpan.FromSeconds(30),
                DefaultRequestHeaders = { { "X-API-Key", LocalCluster.Key } },
            }),
        ];
    }

    public void Dispose() => Array.ForEach(_gateways, static gateway => gateway.Dispose());

    /// <summary>Ends all reservations.</summary>
    public async Task PurgeAsync()
    {
        using var response = await _gateways[0].PostAsync(new Uri("/clients/purge-pending", UriKind.Relative), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>Ten times as many as there are cores ask at once: as many as there are cores get one.</summary>
    public async Task GrantsExactlyTheCapacityAsync()
    {
        var granted = await Task.WhenAll(Enumerable.Range(0, 10 * _capacity).Select(TakeAsync));

        Assert.Equal(_capacity, granted.Count(static reservation => reservation is not null));
        await Task.WhenAll(granted.OfType<string>().Select(GiveBackAsync));
    }

    /// <summary>As many callers as there are cores take one and give it back, again and again, four times as many through one gateway as through the other:
    /// nobody is refused, because there is always one left.</summary>
    public Task RefusesNobodyWhileThereIsRoomAsync() => Task.WhenAll(Enumerable.Range(0, _capacity).Select(async caller =>
    {
        for (var round = 0; round < 50; round++)
        {
            var reservation = await TakeAsync(caller);
            Assert.True(reservation is not null, $"caller {caller} was refused in round {round}");
            await GiveBackAsync(reservation);
        }
    }));

    private HttpClient GatewayOf(int caller) => _gateways[caller % (Share + 1) == Share ? 1 : 0];

    private async Task<string?> TakeAsync(int caller)
    {
        using var response = await GatewayOf(caller).PostAsJsonAsync("/route", new { tier = LocalCluster.CoreTier }, TestContext.Current.CancellationToken);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            Assert.Contains("no-capacity", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            return null;
        }

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync(ProtocolJsonContext.Default.RouteResponse, TestContext.Current.CancellationToken))!.ReservationId;
    }

    private async Task GiveBackAsync(string reservation)
    {
        using var response = await _gateways[0].DeleteAsync(new Uri($"/reservations/{reservation}", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }
}
