namespace Opsen.Gateway.Security;

/// <summary>The security headers. They are set when a request begins, because a callback at the start of each answer would cost more than all of them; whatever an
/// answer says itself under their names takes their place.</summary>
internal static class SecurityHeaders
{
    private const string ContentTypeOptions = "X-Content-Type-Options";
    private const string FrameOptions = "X-Frame-Options";
    private const string XssProtection = "X-XSS-Protection";
    private const string TransportSecurity = "Strict-Transport-Security";

    /// <summary>Sets them.</summary>
    public static void Set(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers[ContentTypeOptions] = "nosniff";
        headers[FrameOptions] = "DENY";
        headers[XssProtection] = "1; mode=block";
        if (context.Request.IsHttps)
        {
            headers[TransportSecurity] = "max-age=31536000; includeSubDomains";
        }
    }

    /// <summary>Takes back those that a backend's answer has itself, before its headers are added to the answer's.</summary>
    public static void GiveWay(HttpResponseMessage answer, IHeaderDictionary headers)
    {
        GiveWay(answer, headers, ContentTypeOptions);
        GiveWay(answer, headers, FrameOptions);
        GiveWay(answer, headers, XssProtection);
        GiveWay(answer, headers, TransportSecurity);
    }

    /// <summary>Clears an answer that has not begun of everything else.</summary>
    public static void ClearOthers(HttpContext context)
    {
        var areSet = context.Response.Headers.ContainsKey(ContentTypeOptions);
        context.Response.Clear();
        if (areSet)
        {
            Set(context);
        }
    }

    private static void GiveWay(HttpResponseMessage answer, IHeaderDictionary headers, string name)
    {
        if (answer.Headers.NonValidated.Contains(name))
        {
            headers.Remove(name);
        }
    }
}
