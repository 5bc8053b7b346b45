using System.Globalization;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

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
