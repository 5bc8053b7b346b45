using Opsen.Grains.DecisionLogs;

namespace Opsen.Hosting.DecisionLogs;

/// <summary>What an index has, as far as the log tells.</summary>
internal sealed class LoggedPool
{
    private readonly Dictionary<string, DecisionEvent> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, DecisionEvent> _reservations = [];
    private DecisionEvent? _begin;
    private long _ms;

    /// <summary>Takes an event into account.</summary>
    public void Note(DecisionEvent entry)
    {
        _ms = entry.Ms;
        switch (entry.Kind)
        {
            case DecisionEventKind.Begin:
                _begin = entry;
                _hosts.Clear();
                _reservations.Clear();
                break;

            case DecisionEventKind.Host:
                _hosts[entry.Host!.ClientId] = entry;
                break;

            case DecisionEventKind.Gone:
                _hosts.Remove(entry.ClientId!);
                break;

            case DecisionEventKind.Granted or DecisionEventKind.Restored:
                _reservations[entry.Reservation!.Value] = entry;
                break;

            case DecisionEventKind.Ended:
                _reservations.Remove(entry.Reservation!.Value);
                break;

            default:
                break;
        }
    }

    /// <summary>The events that lead to where it is now.</summary>
    public IEnumerable<DecisionEvent> State(DateTimeOffset now)
    {
        if (_begin is null)
        {
            return [];
        }

        return
        [
            _begin with { Time = now, Ms = _ms },
            .. _hosts.Values.Select(host => host with { Ms = _ms }),
            .. _reservations.Values.Select(granted => new DecisionEvent
            {
                Kind = DecisionEventKind.Restored,
                Pool = granted.Pool,
                Ms = _ms,
                ClientId = granted.ClientId,
                Reservation = granted.Reservation,
                Tier = granted.Tier,
                GpuIds = granted.GpuIds,
            }),
        ];
    }
}
