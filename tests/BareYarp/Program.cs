using System.Net;
using Yarp.ReverseProxy.Forwarder;

// YARP alone, with the handler settings of the gateway: what the gateway's own work is measured against.
//   Opsen.BareYarp PORT BACKEND_URL
//   Opsen.BareYarp PORT POLICY BACKEND_URL BACKEND_URL ...: YARP as a load balancer, by one of its policies
if (args.Length > 2)
{
    await Balancer.RunAsync(int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture), args[1], args[2..]);
    return;
}

var (port, backend) = (int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture), args[1]);
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Listen(IPAddress.Loopback, port);
});
builder.Services.AddHttpForwarder();
using var client = new HttpMessageInvoker(new SocketsHttpHandler
{
    UseProxy = false,
    UseCookies = false,
    AllowAutoRedirect = false,
    AutomaticDecompression = DecompressionMethods.None,
    EnableMultipleHttp2Connections = true,
    ActivityHeadersPropagator = null,
    ConnectTimeout = TimeSpan.FromSeconds(2),
    PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
    PooledConnectionLifetime = TimeSpan.FromMinutes(5),
});
var app = builder.Build();
app.MapForwarder(
    "/{**path}",
    backend,
    new ForwarderRequestConfig { Version = HttpVersion.Version11, ActivityTimeout = TimeSpan.FromSeconds(30) },
    HttpTransformer.Default,
    client);
await app.RunAsync();
