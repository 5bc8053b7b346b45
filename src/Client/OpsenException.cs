using System.Net;

namespace Opsen.Client;

/// <summary>The gateway did not do what it was asked for.</summary>
public sealed class OpsenException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="status">The response's status.</param>
    /// <param name="type">The problem's type, such as <c>urn:opsen:problem:no-capacity</c>; empty when the response was no problem of the API.</param>
    /// <param name="detail">What the gateway says.</param>
    /// <param name="retryAfter">When to ask again; null when the gateway does not say.</param>
    public OpsenException(HttpStatusCode status, string type, string detail, TimeSpan? retryAfter)
        : base(detail) => (Status, Type, RetryAfter) = (status, type, retryAfter);

    /// <summary>The response's status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The problem's type, such as <c>urn:opsen:problem:no-capacity</c>; empty when the response was no problem of the API.</summary>
    public string Type { get; }

    /// <summary>When to ask again; null when the gateway does not say.</summary>
    public TimeSpan? RetryAfter { get; }
}
