namespace Opsen.Gateway.Security;

/// <summary>The security headers. They are set when a request begins, because an <c>OnStarting</c> callback would cost more than the headers; a response's
/// own headers of the same names replace them.</summary>
internal static class SecurityHeaders
{
    private const string ContentTypeOptions = "X-Content-Type-Options";
    private const string FrameOptions = "X-Frame-Options";
    private const string XssProtection = "X-XSS-Protection";
    private const string TransportSecurity = "Strict-Transport-Security";

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

    /// <summary>Removes those that a backend's response has itself, before its headers are copied.</summary>
    public static void GiveWay(HttpResponseMessage answer, IHeaderDictionary headers)
    {
        GiveWay(answer, headers, ContentTypeOptions);
        GiveWay(answer, headers, FrameOptions);
        GiveWay(answer, headers, XssProtection);
        GiveWay(answer, headers, TransportSecurity);
    }

    /// <summary>Clears every other header of a response that has not started.</summary>
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
