using Microsoft.AspNetCore.Http.Features;

namespace Opsen.Gateway.Requests;

/// <summary>Reads ids out of paths.</summary>
internal static class PathIds
{
    /// <summary>The id that stands behind <paramref name="root"/> in the request's path, as long as the caller wrote it: from the path as it was sent, because
    /// routing leaves an encoded slash as it is and decodes everything else, so that its value cannot be told from another id's.</summary>
    /// <param name="context">The request.</param>
    /// <param name="root">What goes before the id, with its slashes.</param>
    /// <param name="action">What may follow it as the last segment of the path; empty for nothing.</param>
    public static string Read(HttpContext context, string root, string action = "")
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.AsSpan(target.IndexOf(root, StringComparison.OrdinalIgnoreCase) + root.Length);
        var end = path.IndexOf('?');
        path = (end < 0 ? path : path[..end]).TrimEnd('/');
        if (action.Length > 0 && path.LastIndexOf('/') is >= 0 and var slash)
        {
            path = path[..slash];
        }

        return Uri.UnescapeDataString(path);
    }
}
