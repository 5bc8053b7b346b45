using System.Globalization;
using System.Numerics;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>
/// A whole number of YAML's core schema: decimal, 0x or 0o. A float with nothing after the point (5.0, 1e3) counts, as in the reference;
/// 5.7, which the reference cuts to 5, and 010, which is 8 there and 10 in YAML 1.2, are refused.
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

        if (number < BigInteger.CreateChecked(minimum) || number > BigInteger.CreateChecked(maximum))
        {
            return "is out of range";
        }

        value = T.CreateChecked(number);
        return null;
    }

    private static bool TryParseWhole(string text, out BigInteger number)
    {
        number = default;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            // The zero in front keeps a leading digit over 7 from being read as a sign.
            return text.Length is > 2 and <= 18
                && BigInteger.TryParse($"0{text.AsSpan(2)}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            return TryParseOctal(text.AsSpan(2), out number);
        }

        var digits = text.AsSpan().TrimStart("+-");
        if (digits.Length is 0 or > 40 || text.Length - digits.Length > 1 || (digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1])))
        {
            return false;
        }

        if (BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
        {
            return true;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) || !double.IsInteger(real))
        {
            return false;
        }

        number = new BigInteger(real);
        return true;
    }

    private static bool TryParseOctal(ReadOnlySpan<char> digits, out BigInteger number)
    {
        number = BigInteger.Zero;
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
