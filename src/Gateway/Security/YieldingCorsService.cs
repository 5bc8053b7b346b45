using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace Opsen.Gateway.Security;

/// <summary>Adds the gateway's CORS headers to responses that have none. A backend's own headers are left alone: a mix of two policies is neither.</summary>
internal sealed class YieldingCorsService(IOptions<CorsOptions> options, ILoggerFactory logging) : CorsService(options, logging)
{
    private const string Family = "Access-Control-";

    /// <inheritdoc/>
    public override void ApplyResult(CorsResult result, HttpResponse response)
    {
        foreach (var (name, _) in response.Headers)
        {
            if (name.StartsWith(Family, StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }

        base.ApplyResult(result, response);
    }
}
