using System.Security.Cryptography;
using System.Text;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Security;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Api;

/// <summary>
/// The header by which a caller asks again without reserving twice (draft-ietf-httpapi-idempotency-key-header). The index keeps it with the reservation, so
/// any gateway, and a restarted one, finds it again. Callers with keys of their own for the API do not meet each other's.
/// </summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    /// <summary>Longest key.</summary>
    public const int MaxLength = 255;

    /// <summary>What the index knows the reservation by; null without the header, or with one that is refused.</summary>
    public static string? Read(HttpContext context, FieldChecks checks)
    {
        var values = context.Request.Headers[Header];
        if (values.Count == 0)
        {
            return null;
        }

        // A string of structured fields has quotation marks; most callers send none.
        var key = values.Count == 1 ? values[0]! : "";
        key = key is ['"', .. var quoted, '"'] ? quoted : key;
        if (key.Length is 0 or > MaxLength || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            checks.Refuse($"The header {Header}", $"must come once and have 1 to {MaxLength} visible ASCII characters without spaces, such as a UUID");
            return null;
        }

        return CallerKeys.Format(SHA256.HashData(Encoding.UTF8.GetBytes($"{context.Features.Get<CallerKey>()?.Key.Name}\n{key}")));
    }
}
