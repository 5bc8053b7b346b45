using Microsoft.Win32.SafeHandles;

namespace Opsen.Agent.Sensors.Linux;

/// <summary>
/// A file of procfs that is read again and again. The handle stays open and every reading starts at its beginning, which gives fresh contents
/// for a quarter of the cost of opening it each time, and no allocation.
/// </summary>
internal sealed class ProcFile(string path, int bufferBytes) : IDisposable
{
    private byte[] _buffer = new byte[bufferBytes];
    private SafeFileHandle? _handle;

    /// <summary>Reads as much as the buffer holds.</summary>
    /// <param name="content">The bytes read; valid until the next reading.</param>
    /// <param name="truncated">Whether the file may go on after them.</param>
    /// <returns>False when the file cannot be read; the next reading opens it anew.</returns>
    public bool TryRead(out ReadOnlySpan<byte> content, out bool truncated)
    {
        content = default;
        truncated = false;
        try
        {
            _handle ??= File.OpenHandle(path);
            var length = 0;
            while (length < _buffer.Length)
            {
                var read = RandomAccess.Read(_handle, _buffer.AsSpan(length), length);
                if (read == 0)
                {
                    break;
                }

                length += read;
            }

            content = _buffer.AsSpan(0, length);
            truncated = length == _buffer.Length;
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dispose();
            return false;
        }
    }

    /// <summary>Doubles the buffer for a file that turned out longer.</summary>
    public void Grow() => _buffer = new byte[2 * _buffer.Length];

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _handle?.Dispose();
        _handle = null;
    }
}
