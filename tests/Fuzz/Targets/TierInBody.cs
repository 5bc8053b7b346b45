using System.Buffers;
using System.Text.Json;
using Opsen.Gateway.Proxy.TierDetection;

namespace Opsen.Fuzz.Targets;

/// <summary>The tier in a JSON body: the same whatever the pieces, and the one that a parser of the whole finds.</summary>
internal static class TierInBody
{
    private static readonly byte[] Name = "tier"u8.ToArray();
    private static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    public static void Run(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        var whole = new TierFieldScanner(Name);
        whole.Scan(new ReadOnlySequence<byte>(bytes), isWhole: true);
        var pieces = new TierFieldScanner(Name);
        for (var length = 1; length <= bytes.Length; length++)
        {
            if (pieces.Scan(new ReadOnlySequence<byte>(bytes, 0, length), isWhole: length == bytes.Length) == ScanProgress.Done)
            {
                break;
            }
        }

        FuzzTargets.Require(whole.Tier == pieces.Tier, "pieces have the tier of the whole");
        if (TryFind(bytes, out var expected))
        {
            FuzzTargets.Require(whole.Tier == expected, "it is the first one that has a text");
        }
    }

    /// <summary>The tier by the platform's parser; false when that takes less, or differs by design.</summary>
    private static bool TryFind(byte[] bytes, out string? tier)
    {
        tier = null;
        try
        {
            using var document = JsonDocument.Parse(bytes, AnyDepth);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                foreach (var property in document.RootElement.EnumerateObject())
                {
                    if (property.NameEquals(Name) && property.Value.ValueKind == JsonValueKind.String && property.Value.GetString() is { Length: > 0 } text)
                    {
                        tier ??= text;
                    }
                }
            }

            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }
}
