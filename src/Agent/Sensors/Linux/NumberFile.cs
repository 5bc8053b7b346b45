using System.Buffers.Text;
using System.Text;

namespace Opsen.Agent.Sensors.Linux;

/// <summary>Numbers in a small file of sysfs or of a control group, read again and again without an allocation.</summary>
/// <param name="path">The file.</param>
/// <param name="field">The line's name in a file of several, such as <c>cpu.stat</c>; empty for a file of one line.</param>
internal sealed class NumberFile(string path, string field = "") : IDisposable
{
    private const int BufferBytes = 8 * 1024;

    private readonly ProcFile _file = new(path, BufferBytes);
    private readonly byte[] _prefix = field.Length == 0 ? [] : Encoding.ASCII.GetBytes(field + " ");

    /// <summary>The number; null when there is none, which is how "max" is read too.</summary>
    public long? Read() => TryFind(out var line) && Utf8Parser.TryParse(line, out long number, out _) ? number : null;

    /// <summary>The line's two numbers; null when there are no two.</summary>
    public (long First, long Second)? ReadPair()
    {
        return TryFind(out var line) && Utf8Parser.TryParse(line, out long first, out var consumed)
            && Utf8Parser.TryParse(line[consumed..].TrimStart((byte)' '), out long second, out _) ? (first, second) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private bool TryFind(out ReadOnlySpan<byte> line)
    {
        if (!_file.TryRead(out line, out _))
        {
            return false;
        }

        while (!line.StartsWith(_prefix))
        {
            var end = line.IndexOf((byte)'\n');
            if (end < 0)
            {
                return false;
            }

            line = line[(end + 1)..];
        }

        line = line[_prefix.Length..];
        return true;
    }
}
