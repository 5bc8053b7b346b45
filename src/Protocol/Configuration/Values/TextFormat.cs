using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>A string, quoted or not, without control characters.</summary>
/// <param name="allowed">What is allowed, in words.</param>
/// <param name="isValid">Whether a string is allowed; null for any.</param>
internal sealed class TextFormat(string allowed, Func<string, bool>? isValid = null) : ScalarFormat<string>
{
    private const int MaximumLength = 4096;

    /// <inheritdoc/>
    public override string Allowed { get; } = allowed;

    /// <inheritdoc/>
    public override bool AllowsNull => true;

    /// <inheritdoc/>
    protected override string? Parse(ScalarNode scalar, out string value)
    {
        value = scalar.Text;
        return value.Length > MaximumLength ? $"is longer than {MaximumLength} characters"
            : value.Any(char.IsControl) ? "holds a control character"
            : isValid is null || isValid(value) ? null
            : "is not valid";
    }
}
