using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Proxy.Failover;

/// <summary>A host with endpoints that this gateway does not use now.</summary>
/// <param name="Registration">What the host registered.</param>
/// <param name="Ejections">Endpoints that could not be connected from here.</param>
/// <param name="Down">Endpoints that do not serve, as its grain found (<see cref="HostSnapshot.DownEndpoints"/>).</param>
internal sealed record BlockedHost(BackendRegistration Registration, ImmutableArray<Ejection> Ejections, ImmutableArray<string> Down)
{
    /// <summary>Whether no endpoint of the host can be used, so that its sessions have to leave it.</summary>
    /// <param name="failed">An endpoint that failed just now, blocked or not.</param>
    public bool IsWhollyBlocked(string? failed = null)
    {
        foreach (var endpoint in Registration.Endpoints)
        {
            if (endpoint.Url != failed && !Down.Contains(endpoint.Url) && FindEjection(endpoint.Url) is null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The ejection of an endpoint, or null.</summary>
    public Ejection? FindEjection(string url)
    {
        foreach (var ejection in Ejections)
        {
            if (ejection.Url == url)
            {
                return ejection;
            }
        }

        return null;
    }
}
