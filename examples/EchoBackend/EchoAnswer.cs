using System.Security.Cryptography;

namespace Opsen.Examples.EchoBackend;

/// <summary>What this backend saw of a request.</summary>
/// <param name="Name">This backend's name.</param>
/// <param name="Method">The request's method.</param>
/// <param name="Path">The request's path.</param>
/// <param name="Query">The query with its question mark; empty without one.</param>
/// <param name="Headers">The headers that a load balancer adds: <c>X-LB-*</c> and <c>X-Forwarded-*</c>.</param>
/// <param name="BodyBytes">Length of the body.</param>
/// <param name="BodySha256">SHA-256 of the body, hexadecimal.</param>
internal sealed record EchoAnswer(
    string Name, string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, long BodyBytes, string BodySha256)
{
    /// <summary>Reads the request to its end.</summary>
    public static async Task<EchoAnswer> FromAsync(HttpRequest request, string name, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[16 * 1024];
        var length = 0L;
        int read;
        while ((read = await request.Body.ReadAsync(buffer, cancellation)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            length += read;
        }

        var headers = request.Headers
            .Where(static header => header.Key.StartsWith("X-LB-", StringComparison.OrdinalIgnoreCase)
                || header.Key.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        return new EchoAnswer(
            name, request.Method, request.Path.Value ?? "", request.QueryString.Value ?? "", headers, length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
