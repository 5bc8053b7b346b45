using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Opsen.Gateway.Metrics;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Listeners.Addresses;

/// <summary>Closes connections of a client that has <paramref name="limit"/> open, so that one client cannot have all that the process may open. Those of
/// <c>trusted_proxies</c> are many clients'.</summary>
internal sealed class AddressLimitMiddleware(ConnectionDelegate next, AddressSet trusted, int limit, EdgeMetrics metrics)
{
    /// <summary>Open connections. A client without one has no entry, so there are no more entries than connections.</summary>
    private readonly ConcurrentDictionary<CallerBlock, int> _open = new();

    /// <summary>Serves the connection to its end.</summary>
    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (address is null || trusted.Contains(address))
        {
            await next(connection);
            return;
        }

        var caller = CallerBlock.Of(address);
        try
        {
            if (_open.AddOrUpdate(caller, 1, static (_, count) => count + 1) > limit)
            {
                metrics.RefusedConnection("address_limit");
                connection.Abort();
                return;
            }

            await next(connection);
        }
        finally
        {
            Leave(caller);
        }
    }

    private void Leave(CallerBlock caller)
    {
        if (_open.AddOrUpdate(caller, 0, static (_, count) => count - 1) == 0)
        {
            // Only while it is still 0: another connection may have come.
            _open.TryRemove(new KeyValuePair<CallerBlock, int>(caller, 0));
        }
    }
}
