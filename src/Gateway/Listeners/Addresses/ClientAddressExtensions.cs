using Microsoft.AspNetCore.Connections;
using Opsen.Gateway.Metrics;
using Opsen.Gateway.Requests;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Listeners.Addresses;

/// <summary>Finds out who opened a connection, and how many connections they have.</summary>
internal static class ClientAddressExtensions
{
    /// <summary>The share of all connections that one address may have where nothing is configured.</summary>
    private const int Share = 4;

    /// <summary>Adds what <c>proxy_protocol</c> and <c>max_connections_per_address</c> say. Before TLS.</summary>
    public static IConnectionBuilder UseClientAddresses(this IConnectionBuilder listener, ServerOptions options, DescriptorBudget budget)
    {
        var services = listener.ApplicationServices;
        var (trusted, metrics) = (AddressSet.Parse("trusted_proxies", options.TrustedProxies), services.GetRequiredService<EdgeMetrics>());
        if (options.ProxyProtocol)
        {
            var (patience, time) = (TimeSpan.FromSeconds(options.ReadHeaderTimeoutSeconds), services.GetRequiredService<TimeProvider>());
            listener.Use(next => new ProxyProtocolMiddleware(next, trusted, patience, time, metrics).OnConnectionAsync);
        }

        var limit = options.MaxConnectionsPerAddress > 0 ? options.MaxConnectionsPerAddress : budget.Connections / Share;
        listener.Use(next => new AddressLimitMiddleware(next, trusted, limit, metrics).OnConnectionAsync);
        return listener;
    }
}
