using System.Net.Sockets;

namespace Opsen.Grains.Backends.Probing;

/// <summary>The endpoint serves when a GET of the configured path answers 2xx or 3xx. One connection pool serves all hosts of a silo.</summary>
internal sealed class HttpProbe : IHostProbe, IDisposable
{
    private readonly HttpMessageInvoker _client;
    private readonly string _path;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    public HttpProbe(string path, TimeSpan timeout, bool skipCertificateCheck, BackendNetworks networks, TimeProvider time)
    {
        _path = path;
        _timeout = timeout;
        _time = time;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = timeout,
            ConnectCallback = async (context, cancellation) =>
                new NetworkStream(await networks.ConnectAsync(context.DnsEndPoint, isAlsoRefused: null, cancellation), ownsSocket: true),
        };
        if (skipCertificateCheck)
        {
#pragma warning disable CA5359 // The operator asked for it with tls_insecure_skip_verify.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        _client = new HttpMessageInvoker(handler);
    }

    public async Task<string?> ProbeAsync(Uri endpoint, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, endpoint.AbsoluteUri.TrimEnd('/') + _path);
        try
        {
            using var response = await _client.SendAsync(request, linked.Token);
            return (int)response.StatusCode is >= 200 and < 400 ? null : $"status {(int)response.StatusCode}";
        }
        catch (HttpRequestException error) when (error.InnerException is RefusedAddressException refused)
        {
            return refused.Message;
        }
        catch (HttpRequestException error)
        {
            return error.HttpRequestError.ToString();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "timeout";
        }
    }

    public void Dispose() => _client.Dispose();
}
