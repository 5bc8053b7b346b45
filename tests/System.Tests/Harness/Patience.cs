namespace Opsen.System.Tests.Harness;

/// <summary>How long the tests wait for other processes: far longer than they need, for machines that are busy with other work.</summary>
internal static class Patience
{
    public static TimeSpan Start { get; } = TimeSpan.FromSeconds(60);

    public static TimeSpan Change { get; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a caller that stands for a user pauses before its next request, so that callers leave processors to what they call.</summary>
    public static TimeSpan OfUsers { get; } = TimeSpan.FromMilliseconds(20);
}
