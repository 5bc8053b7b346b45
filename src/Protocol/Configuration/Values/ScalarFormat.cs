using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>A format whose values are single scalars.</summary>
internal abstract class ScalarFormat<T> : ValueFormat<T>
{
    private const int MaxQuote = 60;

    /// <summary>Whether errors must not repeat the value.</summary>
    public bool IsSecret { get; init; }

    /// <inheritdoc/>
    public override bool TryRead(ConfigurationNode node, ReadContext context, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        var problem = node switch
        {
            SequenceNode => "a list is not allowed here",
            MappingNode => "a mapping is not allowed here",
            ScalarNode { Form: ScalarForm.Null } => "has no value",
            ScalarNode scalar => Parse(scalar, out value) is { } wrong ? $"{Quote(scalar.Text)} {wrong}" : null,
            _ => throw new ArgumentOutOfRangeException(nameof(node)),
        };
        if (problem is null)
        {
            return value is not null;
        }

        context.Fail(node.Origin, $"{problem}; allowed: {Allowed}");
        return false;
    }

    /// <inheritdoc/>
    public override string Show(T value) => value switch
    {
        _ when IsSecret && !Equals(value, "") => Hidden,
        bool or Enum => $"{value}".ToLowerInvariant(),
        string text when text.Length > 0 && !text.Any(static letter => ":#{}[],&*!|>'\"%@` ".Contains(letter, StringComparison.Ordinal)) => text,
        string text => $"\"{text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => $"{value}",
    };

    /// <summary>Parses a scalar that is not null.</summary>
    /// <returns>What is wrong, to follow the quoted value; null when the value is good.</returns>
    protected abstract string? Parse(ScalarNode scalar, out T value);

    private string Quote(string text) =>
        IsSecret ? "the value"
        : text.Length <= MaxQuote ? $"'{text}'"
        : $"'{text.AsSpan(0, MaxQuote)}…'";
}

/// <summary>A boolean, also in the words of YAML 1.1 (yes, no, on, off), which the Go program accepts for boolean keys.</summary>
internal sealed class BooleanFormat : ScalarFormat<bool>
{
    /// <inheritdoc/>
    public override string Allowed => "true or false (also yes, no, on, off)";

    /// <inheritdoc/>
    protected override string? Parse(ScalarNode scalar, out bool value)
    {
        var word = scalar.Text.ToUpperInvariant();
        value = word is "TRUE" or "YES" or "ON" or "Y";
        if (scalar.Form == ScalarForm.Quoted)
        {
            return "is a string; leave out the quotes";
        }

        return value || word is "FALSE" or "NO" or "OFF" or "N" ? null : "is not a boolean";
    }
}

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

/// <summary>A finite number with or without a fraction.</summary>
internal sealed class NumberFormat(double minimum, double maximum) : ScalarFormat<double>
{
    /// <inheritdoc/>
    public override string Allowed { get; } = string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}");

    /// <inheritdoc/>
    protected override string? Parse(ScalarNode scalar, out double value)
    {
        value = 0;
        if (scalar.Form == ScalarForm.Quoted)
        {
            return "is a string; leave out the quotes";
        }

        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!double.TryParse(scalar.Text, Style, CultureInfo.InvariantCulture, out var number) || double.IsNaN(number))
        {
            return "is not a number";
        }

        if (number < minimum || number > maximum)
        {
            return "is out of range";
        }

        value = number;
        return null;
    }
}

/// <summary>
/// A whole number of YAML's core schema: decimal, 0x or 0o. A float with nothing after the point (5.0, 1e3) counts, as in the Go
/// program that Opsen replaces; 5.7, which that truncates to 5, and 010, which is 8 there and 10 in YAML 1.2, are refused.
/// </summary>
internal sealed class IntegerFormat<T>(T minimum, T maximum, string? remark = null) : ScalarFormat<T>
    where T : struct, IBinaryInteger<T>
{
    /// <inheritdoc/>
    public override string Allowed { get; } = $"a whole number from {minimum} to {maximum}{(remark is null ? "" : $" ({remark})")}";

    /// <inheritdoc/>
    protected override string? Parse(ScalarNode scalar, out T value)
    {
        value = default;
        if (scalar.Form == ScalarForm.Quoted)
        {
            return "is a string; leave out the quotes";
        }

        if (!TryParseWhole(scalar.Text, out var number))
        {
            return "is not a whole number";
        }

        if (number < Int128.CreateChecked(minimum) || number > Int128.CreateChecked(maximum))
        {
            return "is out of range";
        }

        value = T.CreateChecked(number);
        return null;
    }

    private static bool TryParseWhole(string text, out Int128 number)
    {
        number = default;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            // The zero in front keeps a leading digit over 7 from being read as a sign.
            return text.Length is > 2 and <= 18
                && Int128.TryParse($"0{text.AsSpan(2)}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            return TryParseOctal(text.AsSpan(2), out number);
        }

        var digits = text.AsSpan().TrimStart("+-");
        if (digits.Length is 0 or > 38 || text.Length - digits.Length > 1 || (digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1])))
        {
            return false;
        }

        if (Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
        {
            return true;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) || !double.IsInteger(real))
        {
            return false;
        }

        number = Int128.CreateSaturating(real);
        return true;
    }

    private static bool TryParseOctal(ReadOnlySpan<char> digits, out Int128 number)
    {
        number = Int128.Zero;
        foreach (var digit in digits)
        {
            if (digit is < '0' or > '7')
            {
                return false;
            }

            number = (number * 8) + (digit - '0');
        }

        return digits.Length is > 0 and <= 22;
    }
}
