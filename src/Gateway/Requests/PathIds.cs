namespace Opsen.Gateway.Requests;

/// <summary>Reads ids out of paths.</summary>
internal static class PathIds
{
    /// <summary>Decodes the id that follows <paramref name="root"/> in the path as it was sent. Routing's own value will not do: it decodes everything but
    /// an encoded slash, so two ids may look the same.</summary>
    /// <param name="root">The path before the id, slashes included.</param>
    /// <param name="action">The segment that may follow the id; empty for none.</param>
    public static string Read(HttpContext context, string root, string action = "")
    {
        // RequestTargetMiddleware has made sure that the path begins with the root as it is written here.
        var path = RequestTarget.RawPath(context)[root.Length..].TrimEnd('/');
        if (action.Length > 0 && path.LastIndexOf('/') is >= 0 and var slash)
        {
            path = path[..slash];
        }

        return Uri.UnescapeDataString(path);
    }
}
