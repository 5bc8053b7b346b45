using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Opsen.Grains.Placement;

/// <summary>Makes reservation ids: random version 4 UUIDs that nobody can guess, at one call of the system's generator per 256 of them.</summary>
internal sealed class ReservationIds
{
    private readonly Guid[] _batch = new Guid[256];
    private int _left;

    /// <summary>The next id.</summary>
    public Guid Next()
    {
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(_batch.AsSpan()));
            _left = _batch.Length;
        }

        var bytes = MemoryMarshal.AsBytes(_batch.AsSpan(--_left, 1));
        // Version and variant as RFC 9562 section 5.4 has them; the version is in the high byte of a little-endian 16-bit field.
        bytes[7] = (byte)((bytes[7] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return _batch[_left];
    }
}
