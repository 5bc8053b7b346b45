using System.Collections.Frozen;

namespace Opsen.Gateway.Requests;

/// <summary>The paths of the main listener that are the gateway's own and are never proxied.</summary>
internal static class ManagementPaths
{
    /// <summary>The call that needs no key and counts against no limit.</summary>
    public const string Health = "/health";

    /// <summary>Whether what is below the path is the gateway's own too.</summary>
    private static readonly FrozenDictionary<string, bool>.AlternateLookup<ReadOnlySpan<char>> Roots =
        new Dictionary<string, bool>(StringComparer.OrdinalIgnoreCase)
        {
            ["register"] = false,
            ["stats"] = false,
            ["route"] = false,
            ["health"] = false,
            ["clients"] = true,
            ["reservations"] = true,
            ["decisions"] = true,
            ["sessions"] = true,
        }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a path is the gateway's own. Letter case and one trailing slash make no difference, as in routing.</summary>
    public static bool Contains(PathString path) => Contains(path.Value.AsSpan());

    /// <summary>Whether a path is that of <c>GET /health</c>.</summary>
    public static bool IsHealth(PathString path) =>
        path.StartsWithSegments(Health, StringComparison.OrdinalIgnoreCase, out var rest) && rest.Value is null or "" or "/";

    /// <summary>Whether a path is one that agents call all the time: <c>POST /register</c>, <c>POST /stats</c>.</summary>
    public static bool IsAgents(PathString path) =>
        path.StartsWithSegments("/stats", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/register", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a path is the gateway's own.</summary>
    internal static bool Contains(ReadOnlySpan<char> path)
    {
        if (path.IsEmpty || path[0] != '/')
        {
            return false;
        }

        path = path[1..];
        var end = path.IndexOf('/');
        var root = end < 0 ? path : path[..end];
        return Roots.TryGetValue(root, out var ownsSubtree) && (ownsSubtree || end < 0 || end == path.Length - 1);
    }
}
