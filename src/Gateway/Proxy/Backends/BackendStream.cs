using System.Net.Sockets;
using Opsen.Gateway.Listeners;

namespace Opsen.Gateway.Proxy.Backends;

/// <summary>A connection to a backend, which has its part of the budget until it is closed.</summary>
internal sealed class BackendStream(Socket socket, DescriptorBudget budget) : NetworkStream(socket, ownsSocket: true)
{
    private int _isClosed;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            budget.Return();
        }
    }
}
