namespace Opsen.Gateway.Proxy.Http1;

/// <summary>What went wrong between the gateway and a backend.</summary>
internal enum BackendFault
{
    /// <summary>The connection was gone before the request was written: the backend knows nothing of it.</summary>
    NotSent,

    /// <summary>The connection, made for this request, was lost before a response.</summary>
    Lost,

    /// <summary>A reused connection was lost before a response: the backend may have closed it at that moment.</summary>
    LostReused,

    /// <summary>The response is not HTTP.</summary>
    Malformed,

    /// <summary>The response's head is larger than <see cref="ResponseHead.MaxBytes"/>.</summary>
    TooLarge,
}

/// <summary>An exchange with a backend that failed.</summary>
internal sealed class BackendFaultException(BackendFault fault, string cause, Exception? inner = null) : IOException(cause, inner)
{
    /// <summary>The kind.</summary>
    public BackendFault Fault { get; } = fault;
}
