using System.Net;
using Opsen.Agent.Network;

namespace Opsen.Agent.Geo;

/// <summary>This host's public address, as it has it or as the gateway sees it, and where that is.</summary>
internal sealed class HostPlace
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSource();
    private IPAddress? _address;
    private (IPAddress Address, Place? Place)? _found;

    /// <summary>The public address; null while none is known.</summary>
    public IPAddress? Address
    {
        get
        {
            lock (_gate)
            {
                return _address;
            }
        }
    }

    /// <summary>Where the address is; null while that is not known.</summary>
    public Place? Place
    {
        get
        {
            lock (_gate)
            {
                return _found is { } found && found.Address.Equals(_address) ? found.Place : null;
            }
        }
    }

    /// <summary>Completes when the address is another one than it is now.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Takes an address. One that cannot be reached from everywhere says nothing about a place.</summary>
    public void See(IPAddress? address)
    {
        if (address is null || !LocalAddress.IsPublic(address))
        {
            return;
        }

        lock (_gate)
        {
            if (!address.Equals(_address))
            {
                _address = address;
                var changed = _changed;
                _changed = NewSource();
                _ = changed.TrySetResult();
            }
        }
    }

    /// <summary>Takes what was found of an address.</summary>
    public void Find(IPAddress address, Place? place)
    {
        lock (_gate)
        {
            _found = (address, place);
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
