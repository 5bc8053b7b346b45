using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>A boolean, also in the words of YAML 1.1 (yes, no, on, off), which the reference takes for boolean keys.</summary>
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
