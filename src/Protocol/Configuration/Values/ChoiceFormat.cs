using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>One of an enum's members, written in lower case.</summary>
internal sealed class ChoiceFormat<T> : ScalarFormat<T>
    where T : struct, Enum
{
    private static readonly Dictionary<string, T> Choices =
        Enum.GetValues<T>().ToDictionary(value => value.ToString().ToLowerInvariant(), StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string Allowed { get; } = string.Join(", ", Choices.Keys);

    /// <inheritdoc/>
    protected override string? Parse(ScalarNode scalar, out T value) =>
        Choices.TryGetValue(scalar.Text, out value) ? null : "is none of these";
}
