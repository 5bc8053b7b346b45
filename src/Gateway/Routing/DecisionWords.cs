using System.Text.Json;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Routing;

/// <summary>How outcomes and filters are called in the API, in metrics and by commands: <c>no_capacity</c>, <c>memory</c>.</summary>
internal static class DecisionWords
{
    private static readonly string[] Outcomes = WordsOf<RouteOutcome>();
    private static readonly string[] Refusals = WordsOf<RefusalReason>();

    /// <summary>An outcome's word.</summary>
    public static string Of(RouteOutcome outcome) => Outcomes[(int)outcome];

    /// <summary>A filter's word; empty for a candidate.</summary>
    public static string Of(RefusalReason reason) => reason == RefusalReason.None ? "" : Refusals[(int)reason];

    /// <summary>The words of an enumeration's members, in their order.</summary>
    public static string[] WordsOf<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
}
