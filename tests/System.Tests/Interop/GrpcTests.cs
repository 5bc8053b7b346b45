using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Interop;

/// <summary>grpc-dotnet's client and server with the gateway between them; the client comes over TLS or without.</summary>
public sealed class GrpcTests(GrpcTests.Servers servers) : IClassFixture<GrpcTests.Servers>, IDisposable
{
    private static readonly Metadata Tier = new() { { "x-tier", "tiny" } };

    private GrpcChannel? _channel;

    /// <inheritdoc />
    public void Dispose() => _channel?.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Grpc_AllFourKindsOfCalls_PassWithTheirMetadata(bool isTls)
    {
        var client = await ConnectAsync(isTls);
        var (_, host) = await servers.GetAsync(isTls);

        using var unary = client.UnaryAsync(new Note { Text = "größer" }, Tier);
        Assert.Equal("größer", (await unary).Text);
        Assert.Equal(host.Id, (await unary.ResponseHeadersAsync).GetValue("x-host"));
        Assert.Equal("text", unary.GetTrailers().GetValue("x-trailer"));
        Assert.Equal([0, 255, 10], unary.GetTrailers().GetValueBytes("x-trailer-bin")!);

        using var count = client.Count(new Note { Text = "1000" }, Tier);
        var seen = 0;
        await foreach (var note in count.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal((++seen).ToString(CultureInfo.InvariantCulture), note.Text);
        }

        Assert.Equal((1000, StatusCode.OK), (seen, count.GetStatus().StatusCode));

        using var join = client.Join(Tier);
        for (var i = 0; i < 100; i++)
        {
            await join.RequestStream.WriteAsync(new Note { Text = new string((char)('a' + (i % 26)), 10_000) });
        }

        await join.RequestStream.CompleteAsync();
        Assert.Equal(1_000_000, (await join).Text.Length);

        // Each answer is awaited before the next word: nothing is held back on the way.
        using var chat = client.Chat(Tier);
        for (var i = 0; i < 50; i++)
        {
            await chat.RequestStream.WriteAsync(new Note { Text = $"{i}" });
            Assert.True(await chat.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal($"{i}", chat.ResponseStream.Current.Text);
        }

        await chat.RequestStream.CompleteAsync();
        Assert.False(await chat.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.OK, chat.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Grpc_CallFails_StatusDetailAndTrailersPass(bool isTls)
    {
        var client = await ConnectAsync(isTls);

        var failure = await Assert.ThrowsAsync<RpcException>(() => client.UnaryAsync(new Note { Text = "fail" }, Tier).ResponseAsync);

        Assert.Equal((StatusCode.FailedPrecondition, "größer, 100 %"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal("text", failure.Trailers.GetValue("x-trailer"));
    }

    [Fact]
    public async Task Grpc_DeadlinePasses_BackendKnowsItAndIsCancelled()
    {
        var client = await ConnectAsync(isTls: false);
        var seen = servers.Calls.Expect("deadline");
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(2);

        var failure = await Assert.ThrowsAsync<RpcException>(() => client.UnaryAsync(new Note { Text = "deadline" }, Tier, deadline).ResponseAsync);

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        await seen.Cancelled.Task.WaitAsync(Patience.Change, TestContext.Current.CancellationToken);
        Assert.InRange(await seen.Begun.Task, deadline.AddSeconds(-10), deadline.AddSeconds(10));
    }

    [Fact]
    public async Task Grpc_ClientCancels_BackendIsCancelled()
    {
        var client = await ConnectAsync(isTls: false);
        var seen = servers.Calls.Expect("cancelled");
        using var cancellation = new CancellationTokenSource();
        using var call = client.UnaryAsync(new Note { Text = "cancelled" }, Tier, cancellationToken: cancellation.Token);
        await seen.Begun.Task.WaitAsync(Patience.Change, TestContext.Current.CancellationToken);

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await seen.Cancelled.Task.WaitAsync(Patience.Change, TestContext.Current.CancellationToken);
    }

    private async Task<Echo.EchoClient> ConnectAsync(bool isTls)
    {
        var (server, _) = await servers.GetAsync(isTls);
        _channel = GrpcChannel.ForAddress(
            server.Address, new GrpcChannelOptions { HttpHandler = Deployment.AcceptingAnyCertificate(), DisposeHttpClient = true });
        var client = new Echo.EchoClient(_channel);

        // A machine that is busy with other work may not connect to a new backend in the time that the gateway allows.
        await Eventually.HoldsAsync("a call passes", async () =>
        {
            try
            {
                await client.UnaryAsync(new Note { Text = "first" }, Tier);
                return true;
            }
            catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        });
        return client;
    }

    /// <summary>Servers in front of grpc-dotnet's server.</summary>
    public sealed class Servers() : TlsAndPlainServers("[/opsen.interop.Echo]")
    {
        /// <summary>What the backend saw.</summary>
        internal EchoCalls Calls { get; } = new();

        private protected override async Task<(IAsyncDisposable Backend, string Url)> StartBackendAsync()
        {
            var backend = await LocalBackend.StartAsync(
                static app => app.MapGrpcService<EchoService>(), HttpProtocols.Http2, services => services.AddSingleton(Calls).AddGrpc());
            return (backend, backend.Url);
        }
    }
}
