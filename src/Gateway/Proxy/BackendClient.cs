using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;

namespace Opsen.Gateway.Proxy;

/// <summary>The one HTTP client to all backends. It keeps a pool of connections for each authority.</summary>
internal sealed class BackendClient(ProxySettings settings) : IDisposable
{
    // Below the usual keep-alive of servers, so that a connection is seldom closed by the backend just when it is used again.
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    // A backend named by DNS is looked up again at least this often.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Sends requests. Never buffers, follows, stores cookies or decompresses.</summary>
    public HttpMessageInvoker Invoker { get; } = new(new PromptUploadHandler(CreateHandler(settings)));

    /// <summary>Closes the connections.</summary>
    public void Dispose() => Invoker.Dispose();

    [SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "The operator asks for it with tls_insecure_skip_verify.")]
    private static SocketsHttpHandler CreateHandler(ProxySettings settings)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,

            // The trace headers of clients pass as they are.
            ActivityHeadersPropagator = null,
            ConnectTimeout = settings.ConnectTimeout,
            PooledConnectionIdleTimeout = IdleTimeout,
            PooledConnectionLifetime = Lifetime,

            // With the same encoding at the listener, header values pass byte for byte whatever their own encoding is.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        };
        if (settings.AcceptsAnyCertificate)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }

        return handler;
    }
}
