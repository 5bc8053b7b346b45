using System.Collections.Concurrent;
using System.Net.Http.Headers;

namespace Opsen.Gateway.Orca;

/// <summary>
/// Takes load reports out of responses and keeps the latest of each host, unread, until <see cref="OrcaDelivery"/> fetches it. So a response with a report
/// costs a look-up and a write, and one without it two look-ups of headers that are not there.
/// </summary>
internal sealed class OrcaInbox
{
    private readonly ConcurrentDictionary<string, Slot> _slots = new(StringComparer.Ordinal);

    /// <summary>Takes a report out of a response's headers, if there is one.</summary>
    public void TakeFrom(IHeaderDictionary headers, string clientId)
    {
        if (headers.TryGetValue(OrcaHeader.Name, out var values))
        {
            headers.Remove(OrcaHeader.Name);
            Put(clientId, values.ToString(), isBinary: false);
        }

        if (headers.TryGetValue(OrcaHeader.BinaryName, out values))
        {
            headers.Remove(OrcaHeader.BinaryName);
            Put(clientId, values.ToString(), isBinary: true);
        }
    }

    /// <summary>Takes a report out of a response's trailers, if there is one.</summary>
    public void TakeFrom(HttpResponseHeaders trailers, string clientId)
    {
        if (trailers.NonValidated.TryGetValues(OrcaHeader.Name, out var values))
        {
            Put(clientId, values.ToString(), isBinary: false);
            trailers.Remove(OrcaHeader.Name);
        }

        if (trailers.NonValidated.TryGetValues(OrcaHeader.BinaryName, out values))
        {
            Put(clientId, values.ToString(), isBinary: true);
            trailers.Remove(OrcaHeader.BinaryName);
        }
    }

    /// <summary>Takes out everything that came since the last time. Hosts that have been silent for long are forgotten. Not for concurrent use.</summary>
    public IEnumerable<(string ClientId, string Value, bool IsBinary)> Fetch()
    {
        foreach (var (clientId, slot) in _slots)
        {
            if (slot.Take() is var (value, isBinary))
            {
                yield return (clientId, value, isBinary);
            }
            else if (slot.IsForgotten)
            {
                // A report that comes at this very moment is lost; the next response brings another.
                _slots.TryRemove(clientId, out _);
            }
        }
    }

    private void Put(string clientId, string value, bool isBinary) =>
        _slots.GetOrAdd(clientId, static _ => new Slot()).Put(value, isBinary);

    private sealed class Slot
    {
        /// <summary>Fetches in a row that found nothing, after which a host is forgotten.</summary>
        private const int MaxSilence = 60;

        private string? _text;
        private string? _binary;
        private int _silence;

        public bool IsForgotten => _silence > MaxSilence;

        public void Put(string value, bool isBinary) => Volatile.Write(ref isBinary ? ref _binary : ref _text, value);

        public (string Value, bool IsBinary)? Take()
        {
            var binary = Interlocked.Exchange(ref _binary, null);
            var text = Interlocked.Exchange(ref _text, null);
            _silence = (text ?? binary) is null ? _silence + 1 : 0;
            return text is not null ? (text, false) : binary is not null ? (binary, true) : null;
        }
    }
}
