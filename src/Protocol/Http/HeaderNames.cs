namespace Opsen.Protocol.Http;

/// <summary>Header fields of the management API.</summary>
public static class HeaderNames
{
    /// <summary>Of requests: the caller's key.</summary>
    public const string ApiKey = "X-API-Key";

    /// <summary>Of the answer to <c>POST /register</c>: the address from which the host came, which behind NAT it does not know.</summary>
    public const string ClientAddress = "X-Opsen-Client-Address";
}
