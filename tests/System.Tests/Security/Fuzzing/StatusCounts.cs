namespace Opsen.System.Tests.Security.Fuzzing;

/// <summary>How requests were answered. Status 0: the connection or the stream was ended instead.</summary>
internal sealed class StatusCounts
{
    private readonly int[] _counts = new int[1000];

    /// <summary>All of them.</summary>
    public int Total => _counts.Sum();

    /// <summary>How many had a status.</summary>
    public int this[int status] => Volatile.Read(ref _counts[status]);

    /// <summary>Counts responses.</summary>
    public void Add(int status, int count = 1) => Interlocked.Add(ref _counts[status], count);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Join(", ", _counts.Index().Where(static one => one.Item > 0).Select(static one => $"{one.Item} x {one.Index}"));
}
