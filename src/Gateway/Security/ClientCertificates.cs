using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Opsen.Gateway.Listeners.Tls;
using Opsen.Hosting.Admin;
using Opsen.Hosting.Cluster;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Security;

/// <summary>Takes a client's certificate for a key with the scope <c>agent</c>, if an authority of <c>client_ca_file</c> has signed it.</summary>
internal sealed class ClientCertificates(CertificateStore certificates, TimeProvider time)
{
    /// <summary>A connection's certificate is judged again after this: it may have expired, and the authorities may be others.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromMinutes(1);

    /// <summary>The key that a certificate stands for; null without one that counts.</summary>
    public ApiKey? Find(HttpContext context)
    {
        if (context.Connection.ClientCertificate is not { } certificate || certificates.ClientAuthorities is not { } authorities)
        {
            return null;
        }

        // A chain takes as long to build as the rest of a report takes.
        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items?.TryGetValue(this, out var known) == true && known is Judgement { } earlier && time.GetElapsedTime(earlier.At) < Validity)
        {
            return earlier.Key;
        }

        var key = CertificateChain.IsSignedBy(certificate, authorities)
            ? new ApiKey(ApiKey.NotInTheList, certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), ApiScope.Agent, certificate.GetCertHash())
            : null;
        items?[this] = new Judgement(key, time.GetTimestamp());
        return key;
    }

    private sealed record Judgement(ApiKey? Key, long At);
}
