using System.Globalization;
using System.Net;
using System.Text;
using Opsen.Grains.Interfaces;

namespace Opsen.Gateway.Requests;

/// <summary>Checks the fields of one body and collects what is wrong, so that one response names it all.</summary>
internal sealed class FieldChecks
{
    // A caller that makes more mistakes than this made them all for one reason.
    private const int MaxTold = 5;

    private readonly List<string> _refusals = [];

    /// <summary>Whether nothing is wrong.</summary>
    public bool Passed => _refusals.Count == 0;

    /// <summary>What is wrong and what to change.</summary>
    public string Detail => string.Join(' ', _refusals.Take(MaxTold));

    /// <summary>Notes a mistake; <paramref name="rule"/> follows the field's name in a sentence.</summary>
    public void Refuse(string field, string rule) => _refusals.Add($"{field} {rule}.");

    /// <summary>An optional text; empty when absent.</summary>
    public string Text(string field, string? value, int max)
    {
        if (string.IsNullOrEmpty(value))
        {
            return "";
        }

        if (value.Length > max)
        {
            Refuse(field, $"must have at most {max} characters, it has {value.Length}");
        }
        else if (!IsPrintable(value))
        {
            Refuse(field, "must have no control characters, line breaks or characters that cannot be seen");
        }

        return value;
    }

    /// <summary>An optional whole number in a query.</summary>
    public long Number(string field, string text, long whenAbsent, long least, long most)
    {
        if (text.Length == 0)
        {
            return whenAbsent;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Refuse(field, $"must be a whole number from {least} to {most}");
        return whenAbsent;
    }

    /// <summary>An identity: a text that must be there and that has no blanks around it.</summary>
    public string Identity(string field, string? value, int max)
    {
        if (string.IsNullOrEmpty(value))
        {
            Refuse(field, "is required");
            return "";
        }

        if (char.IsWhiteSpace(value[0]) || char.IsWhiteSpace(value[^1]))
        {
            Refuse(field, "must not begin or end with a blank");
        }

        return Text(field, value, max);
    }

    /// <summary>An optional number within bounds; 0 when absent.</summary>
    public double Amount(string field, double? value, double min, double max)
    {
        var amount = value ?? 0;
        if (value is not null && !(amount >= min && amount <= max))
        {
            Refuse(field, string.Create(CultureInfo.InvariantCulture, $"must be from {min} to {max}, it is {amount}"));
        }

        return amount;
    }

    /// <summary>An optional whole number from 0; 0 when absent.</summary>
    public int Count(string field, int? value, int max)
    {
        if (value is < 0 || value > max)
        {
            Refuse(field, $"must be from 0 to {max}, it is {value}");
        }

        return value ?? 0;
    }

    /// <summary>Whether a list is short enough.</summary>
    public bool IsShort<T>(string field, IReadOnlyCollection<T> values, int max)
    {
        if (values.Count <= max)
        {
            return true;
        }

        Refuse(field, $"must have at most {max} entries, it has {values.Count}");
        return false;
    }

    /// <summary>An optional IP address.</summary>
    public IPAddress? Address(string field, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        var address = AddressText.Parse(value);
        if (address is null)
        {
            Refuse(field, "must be an IPv4 or IPv6 address such as 203.0.113.7, without port");
        }

        return address;
    }

    /// <summary>An optional place: both coordinates or none.</summary>
    public GeoPoint Place(string latitudeField, double? latitude, string longitudeField, double? longitude)
    {
        if (latitude is null != longitude is null)
        {
            Refuse($"{latitudeField} and {longitudeField}", "must be sent together or not at all");
        }

        return new GeoPoint(Amount(latitudeField, latitude, -90, 90), Amount(longitudeField, longitude, -180, 180));
    }

    /// <summary>Shortens a caller's text for use in a message.</summary>
    public static string Quote(string text)
    {
        const int max = 64;
        return text.Length <= max ? $"'{text}'" : $"'{text[..max]}…'";
    }

    private static bool IsPrintable(string value)
    {
        foreach (var rune in value.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return false;
            }
        }

        return true;
    }
}
