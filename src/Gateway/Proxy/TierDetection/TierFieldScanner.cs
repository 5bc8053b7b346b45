using System.Buffers;
using System.Text.Json;
using Opsen.Grains.Interfaces;

namespace Opsen.Gateway.Proxy.TierDetection;

/// <summary>How far a <see cref="TierFieldScanner"/> got.</summary>
internal enum ScanProgress
{
    /// <summary>More of the body is needed.</summary>
    NeedsMore,

    /// <summary>The tier was found, or cannot be there: the object is over, or the text is no JSON object.</summary>
    Done,
}

/// <summary>
/// Looks for the tier at the top level of a JSON object (RFC 8259, without comments) that arrives in pieces. The first non-empty string
/// under the name wins; other values of that name, and the name at any depth below, mean nothing. On the way it takes
/// <c>client_lat</c> and <c>client_lon</c> from what has arrived, a little beyond the tier too, but never asks for more because of them.
/// </summary>
/// <remarks>
/// Each piece is read from where the last one ended. A long token that is not complete is read again from its start, so a big one is
/// looked at again only after it has grown by a quarter: the work stays linear in the size of the body however small the pieces are.
/// </remarks>
internal struct TierFieldScanner(byte[] fieldName)
{
    private const int SmallToken = 4096;

    // A megabyte behind the tier is not read for the sake of coordinates that are most often not there.
    private const int ReachOfPlace = 4096;

    // Depth is bounded by the bytes searched; the reader keeps one bit for each level.
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    private readonly byte[] _fieldName = fieldName;
    private JsonReaderState _state = new(AnyDepth);
    private long _consumed;
    private long _enoughToRetry;
    private long _endOfPlace = long.MaxValue;
    private bool _begun;
    private Field _field;
    private double? _latitude;
    private double? _longitude;

    private enum Field
    {
        Other,
        Tier,
        Latitude,
        Longitude,
    }

    /// <summary>The tier, or null while or when there is none.</summary>
    public string? Tier { get; private set; }

    /// <summary>The place that the body names; unknown unless both coordinates are there and are possible.</summary>
    public readonly GeoPoint Place =>
        _latitude is >= -90 and <= 90 and { } latitude && _longitude is >= -180 and <= 180 and { } longitude ? new GeoPoint(latitude, longitude) : default;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads on. <paramref name="body"/> is everything that has arrived so far, <paramref name="isWhole"/> whether it is all there will be.</summary>
    public ScanProgress Scan(in ReadOnlySequence<byte> body, bool isWhole)
    {
        if (!_begun && !SkipByteOrderMark(body, isWhole))
        {
            return ScanProgress.NeedsMore;
        }

        var rest = body.Slice(_consumed);
        if (rest.Length < _enoughToRetry && !isWhole)
        {
            return ScanProgress.NeedsMore;
        }

        var reader = new Utf8JsonReader(rest, isWhole, _state);
        try
        {
            while (reader.Read())
            {
                if (!Take(ref reader) || (Tier is not null && IsEnough(reader.BytesConsumed)))
                {
                    return ScanProgress.Done;
                }
            }
        }
        catch (JsonException)
        {
            return ScanProgress.Done;
        }

        _consumed += reader.BytesConsumed;
        _state = reader.CurrentState;
        var incomplete = rest.Length - reader.BytesConsumed;
        _enoughToRetry = incomplete < SmallToken ? 0 : incomplete + (incomplete / 4);
        return isWhole || Tier is not null ? ScanProgress.Done : ScanProgress.NeedsMore;
    }

    /// <summary>Whether the rest cannot matter once the tier is known.</summary>
    private bool IsEnough(long consumed)
    {
        _endOfPlace = Math.Min(_endOfPlace, _consumed + consumed + ReachOfPlace);
        return (_latitude is not null && _longitude is not null) || _consumed + consumed >= _endOfPlace;
    }

    private bool SkipByteOrderMark(in ReadOnlySequence<byte> body, bool isWhole)
    {
        if (body.Length < ByteOrderMark.Length && !isWhole)
        {
            return false;
        }

        Span<byte> start = stackalloc byte[ByteOrderMark.Length];
        var head = body.Slice(0, Math.Min(body.Length, start.Length));
        head.CopyTo(start);
        _consumed = start.SequenceEqual(ByteOrderMark) ? ByteOrderMark.Length : 0;
        _begun = true;
        return true;
    }

    /// <summary>Takes one token; false when the rest does not matter.</summary>
    private bool Take(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName when reader.CurrentDepth == 1:
                _field = Identify(ref reader);
                return true;
            case JsonTokenType.StartObject when reader.CurrentDepth == 0:
                return true;
            case JsonTokenType.String when _field == Field.Tier && Tier is null:
                Tier = ReadText(ref reader);
                break;
            case JsonTokenType.Number when _field == Field.Latitude:
                _latitude ??= reader.TryGetDouble(out var latitude) ? latitude : null;
                break;
            case JsonTokenType.Number when _field == Field.Longitude:
                _longitude ??= reader.TryGetDouble(out var longitude) ? longitude : null;
                break;
        }

        _field = Field.Other;
        return reader.CurrentDepth > 0;
    }

    private readonly Field Identify(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.ValueTextEquals(_fieldName) ? Field.Tier
                : reader.ValueTextEquals("client_lat"u8) ? Field.Latitude
                : reader.ValueTextEquals("client_lon"u8) ? Field.Longitude
                : Field.Other;
        }
        catch (InvalidOperationException)
        {
            // An escaped name with half a surrogate pair is valid JSON and no name of ours.
            return Field.Other;
        }
    }

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            // Not UTF-8, or half a surrogate pair: no tier has such a name.
            return null;
        }
    }
}
