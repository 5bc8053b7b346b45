namespace Opsen.System.Tests.Harness;

/// <summary>How long the tests wait for other processes: far longer than they need, for machines that are busy with other work.</summary>
internal static class Patience
{
    public static TimeSpan Start { get; } = TimeSpan.FromSeconds(60);

    public static TimeSpan Change { get; } = TimeSpan.FromSeconds(30);
}
