using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Opsen.Gateway.Requests;
using Opsen.Grains.Interfaces;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Proxy.TierDetection;

/// <summary>Finds the tier that a request asks for: in its JSON body, else its query, else its header, else <see cref="TierOptions.DefaultName"/>.</summary>
internal sealed class TierDetector(ProxySettings settings, BodyPeeker peeker)
{
    /// <summary>Finds the tier, and the place where the body names one. An empty name counts as none.</summary>
    /// <exception cref="BadHttpRequestException">The body is larger than the limit, or malformed.</exception>
    /// <exception cref="IOException">The client is gone.</exception>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public ValueTask<DetectedTier> DetectAsync(HttpContext context, long? bodyLimit) =>
        IsJson(context.Request.ContentType) && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
            ? DetectInBodyAsync(context.Request, bodyLimit)
            : new(new DetectedTier(FindOutsideBody(context.Request), default, default));

    /// <summary>Whether a media type is JSON: <c>application/json</c> or any with the suffix <c>+json</c>; parameters are ignored.</summary>
    internal static bool IsJson(string? contentType)
    {
        var type = contentType.AsSpan();
        var parameters = type.IndexOf(';');
        type = (parameters >= 0 ? type[..parameters] : type).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private async ValueTask<DetectedTier> DetectInBodyAsync(HttpRequest request, long? bodyLimit)
    {
        var peek = await peeker.PeekAsync(request.BodyReader, bodyLimit);
        return new DetectedTier(peek.Tier ?? FindOutsideBody(request), peek.Place, peek.Taken);
    }

    private string FindOutsideBody(HttpRequest request)
    {
        if (request.QueryString.HasValue)
        {
            foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
            {
                if (pair.DecodeName().Span.SequenceEqual(settings.TierFieldName) && !pair.EncodedValue.IsEmpty)
                {
                    return pair.DecodeValue().ToString();
                }
            }
        }

        return settings.TierHeader.Length > 0 && request.Headers[settings.TierHeader] is [{ Length: > 0 } tier, ..] ? HeaderText.Decode(tier)
            : TierOptions.DefaultName;
    }
}

/// <summary>The tier of a request and what finding it brought along.</summary>
/// <param name="Tier">The tier's name.</param>
/// <param name="Place">The place that the body names; unknown when it names none.</param>
/// <param name="TakenBody">The part of the body that was taken out of the request's pipe; mostly empty.</param>
internal readonly record struct DetectedTier(string Tier, GeoPoint Place, ReadOnlyMemory<byte> TakenBody);
