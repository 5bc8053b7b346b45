using Opsen.Examples.Quickstart.Processes;

namespace Opsen.System.Tests.Harness;

/// <summary>Asserts what comes true a moment after the call that caused it.</summary>
internal static class Eventually
{
    public static Task HoldsAsync(string what, Func<Task<bool>> condition) =>
        Wait.UntilAsync(what, _ => condition(), Patience.Change, TestContext.Current.CancellationToken);
}
