using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Operator;

/// <summary>The latest changes of hosts' states that this gateway has seen.</summary>
internal sealed class HostEvents
{
    private const int Capacity = 5000;

    private readonly Lock _lock = new();
    private readonly LinkedList<HostEvent> _events = new();

    /// <summary>Notes a change, if the state is another one.</summary>
    /// <param name="before">The host before; null when it was not there.</param>
    /// <param name="after">The host then; null when it went.</param>
    /// <param name="time">When.</param>
    public void Changed(HostSnapshot? before, HostSnapshot? after, DateTimeOffset time)
    {
        var (from, to) = (before is null ? "" : HostStates.Of(before), after is null ? "" : HostStates.Of(after));
        if (from == to || (after ?? before) is not { } host)
        {
            return;
        }

        lock (_lock)
        {
            _events.AddFirst(new HostEvent(time, host.ClientId, HostDocuments.NameOf(host), from, to));
            if (_events.Count > Capacity)
            {
                _events.RemoveLast();
            }
        }
    }

    /// <summary>The latest changes, the latest first.</summary>
    /// <param name="clientId">Of one host only; null = of all.</param>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<HostEvent> Read(string? clientId, int limit)
    {
        lock (_lock)
        {
            return [.. _events.Where(one => clientId is null || one.ClientId == clientId).Take(limit)];
        }
    }
}
