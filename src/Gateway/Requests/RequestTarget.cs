using Microsoft.AspNetCore.Http.Features;

namespace Opsen.Gateway.Requests;

/// <summary>The path and query of a request exactly as the client sent them.</summary>
internal static class RequestTarget
{
    /// <summary>The raw path, before anything is decoded; begins with a slash.</summary>
    public static string RawPath(HttpContext context)
    {
        var target = PathAndQuery(context);
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    /// <summary>The raw path and query; begins with a slash.</summary>
    /// <remarks>The forms of RFC 9112, section 3.2: origin form is taken as it is, of absolute form what follows the authority;
    /// the asterisk of <c>OPTIONS *</c> has no meaning for one backend and becomes "/".</remarks>
    public static string PathAndQuery(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (raw.StartsWith('/'))
        {
            return raw;
        }

        var authority = raw.IndexOf("://", StringComparison.Ordinal);
        if (authority > 0)
        {
            var end = raw.AsSpan(authority + 3).IndexOfAny('/', '?');
            var rest = end < 0 ? "" : raw[(authority + 3 + end)..];
            return rest.StartsWith('/') ? rest : "/" + rest;
        }

        var path = context.Request.Path.ToUriComponent();
        return (path.Length > 0 ? path : "/") + context.Request.QueryString.Value;
    }
}
