using System.Buffers;

namespace Opsen.Gateway.Listeners.Http1;

/// <summary>
/// Checks the syntax of a chunked body, byte by byte (RFC 9112, section 7.1). The server skips over extensions and line ends that no body can have; another
/// server before or behind it may see the end of a body there.
/// </summary>
internal struct ChunkedSyntax()
{
    /// <summary>Bytes that the line with a chunk's size may have. Extensions have no use, and other servers bound them as well.</summary>
    public const int MaxSizeLine = 1_024;

    private const int MaxDigits = 15;

    private static readonly SearchValues<byte> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private State _state = State.Size;
    private int _line;
    private int _digits;
    private long _left;

    private enum State
    {
        Size,
        Gap,
        BeforeName,
        Name,
        NameGap,
        BeforeValue,
        Value,
        Quoted,
        QuotedPair,
        ValueEnd,
        SizeEnd,
        Data,
        DataReturn,
        DataEnd,
        Trailer,
        TrailerName,
        TrailerValue,
        TrailerEnd,
        LastEnd,
        Over,
    }

    /// <summary>Whether the body has ended.</summary>
    public readonly bool IsOver => _state == State.Over;

    /// <summary>Takes the next bytes; those after the body's end are left.</summary>
    /// <returns>How many belong to the body; -1 when there is one that no body has there.</returns>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        while (taken < bytes.Length && _state != State.Over)
        {
            if (_state == State.Data)
            {
                var data = (int)Math.Min(_left, bytes.Length - taken);
                taken += data;
                _left -= data;
                _state = _left == 0 ? State.DataReturn : State.Data;
            }
            else if (!Take(bytes[taken++]))
            {
                return -1;
            }
        }

        return taken;
    }

    private bool Take(byte next)
    {
        if (_state < State.Data && ++_line > MaxSizeLine)
        {
            return false;
        }

        return _state switch
        {
            State.Size => Token.Contains(next) ? TakeDigit(next) : _digits > 0 && EndPart(next),
            State.Gap => IsBlank(next) || (next == ';' && To(State.BeforeName)),
            State.BeforeName => IsBlank(next) || (Token.Contains(next) && To(State.Name)),
            State.Name => Token.Contains(next) || (next == '=' ? To(State.BeforeValue) : IsBlank(next) ? To(State.NameGap) : EndPart(next)),
            State.NameGap => IsBlank(next) || (next == '=' ? To(State.BeforeValue) : next == ';' && To(State.BeforeName)),
            State.BeforeValue => IsBlank(next) || (next == '"' ? To(State.Quoted) : Token.Contains(next) && To(State.Value)),
            State.Value => Token.Contains(next) || EndPart(next),
            State.Quoted => next == '"' ? To(State.ValueEnd) : next == '\\' ? To(State.QuotedPair) : IsText(next),
            State.QuotedPair => IsText(next) && To(State.Quoted),
            State.ValueEnd => EndPart(next),
            State.SizeEnd => next == '\n' && To(_left == 0 ? State.Trailer : State.Data),
            State.DataReturn => next == '\r' && To(State.DataEnd),
            State.DataEnd => next == '\n' && BeginSize(),
            State.Trailer => next == '\r' ? To(State.LastEnd) : Token.Contains(next) && To(State.TrailerName),
            State.TrailerName => next == ':' ? To(State.TrailerValue) : Token.Contains(next),
            State.TrailerValue => next == '\r' ? To(State.TrailerEnd) : IsText(next),
            State.TrailerEnd => next == '\n' && To(State.Trailer),
            State.LastEnd => next == '\n' && To(State.Over),
            _ => false,
        };
    }

    /// <summary>After the size, a name or a value: the line's end, or an extension.</summary>
    private bool EndPart(byte next) => next switch
    {
        (byte)'\r' => To(State.SizeEnd),
        (byte)';' => To(State.BeforeName),
        _ => IsBlank(next) && To(State.Gap),
    };

    private bool TakeDigit(byte next)
    {
        if (!char.IsAsciiHexDigit((char)next) || ++_digits > MaxDigits)
        {
            return false;
        }

        // "a" and "A" have the same lower four bits.
        _left = (_left << 4) + (next <= (byte)'9' ? next - '0' : (next & 0xF) + 9);
        return true;
    }

    private bool BeginSize()
    {
        (_line, _digits, _left) = (0, 0, 0);
        return To(State.Size);
    }

    private bool To(State state)
    {
        _state = state;
        return true;
    }

    private static bool IsBlank(byte next) => next is (byte)' ' or (byte)'\t';

    private static bool IsText(byte next) => next is (byte)'\t' or (>= 0x20 and not 0x7F);
}
