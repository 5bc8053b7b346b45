using Orleans.Messaging;

namespace Opsen.Gateway.Silos;

/// <summary>The cluster's list of silos without those that do not answer this gateway. Orleans closes connections to silos that are no longer listed and sends
/// what they would have had through others. While the list cannot be read, the one that was read last counts.</summary>
internal sealed class ReachableSilos(IGatewayListProvider listed, SiloReach reach, TimeProvider time) : IGatewayListProvider
{
    /// <summary>How long the list is waited for, once there is one.</summary>
    private static readonly TimeSpan ReadPatience = TimeSpan.FromMilliseconds(500);

    private Task<IList<Uri>>? _reading;
    private IList<Uri>? _known;

    /// <inheritdoc/>
    public TimeSpan MaxStaleness => listed.MaxStaleness;

    /// <inheritdoc/>
    [Obsolete("The interface still has it, and nobody reads it.")]
    public bool IsUpdatable => true;

    /// <inheritdoc/>
    public Task InitializeGatewayListProvider() => listed.InitializeGatewayListProvider();

    /// <inheritdoc/>
    public async Task<IList<Uri>> GetGateways()
    {
        _reading ??= listed.GetGateways();
        if (_known is not null)
        {
            await Task.WhenAny(_reading, Task.Delay(ReadPatience, time));
        }

        if (_known is null || _reading.IsCompletedSuccessfully)
        {
            var reading = _reading;
            _reading = null;
            _known = await reading;
            reach.Follow([.. _known.Select(static uri => uri.ToGatewayAddress()!)]);
        }
        else if (_reading.IsCompleted)
        {
            // Whatever kept it from being read, the next call tries again.
            _ = _reading.Exception;
            _reading = null;
        }

        var usable = reach.Usable();
        List<Uri> reachable = [.. _known.Where(uri => usable.Contains(uri.ToGatewayAddress()!))];
        return reachable.Count > 0 ? reachable : _known;
    }
}
