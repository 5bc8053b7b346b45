using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Interop;

/// <summary>grpc-dotnet's client and server with the gateway between them; the client comes over TLS or without.</summary>
public sealed class GrpcTests : IAsyncLifetime
{
    private static readonly Metadata Tier = new() { { "x-tier", "tiny" } };

    private readonly EchoCalls _calls = new();
    private readonly TestCertificate _certificate = new();
    private readonly TestHost _host = new();
    private LocalBackend? _backend;
    private Deployment? _server;
    private GrpcChannel? _channel;

    /// <inheritdoc />
    public async ValueTask InitializeAsync() => _backend = await LocalBackend.StartAsync(
        static app => app.MapGrpcService<EchoService>(),
        HttpProtocols.Http2,
        services => services.AddSingleton(_calls).AddGrpc());

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        await (_server?.DisposeAsync() ?? default);
        await (_backend?.DisposeAsync() ?? default);
        _certificate.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Grpc_AllFourKindsOfCalls_PassWithTheirMetadata(bool isTls)
    {
        var client = await ConnectAsync(isTls);

        using var unary = client.UnaryAsync(new Note { Text = "größer" }, Tier);
        Assert.Equal("größer", (await unary).Text);
        Assert.Equal(_host.Id, (await unary.ResponseHeadersAsync).GetValue("x-host"));
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
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(1);

        var failure = await Assert.ThrowsAsync<RpcException>(() => client.UnaryAsync(new Note { Text = "wait" }, Tier, deadline).ResponseAsync);

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        await _calls.Cancelled.Task.WaitAsync(Patience.Change, TestContext.Current.CancellationToken);
        Assert.InRange(_calls.Deadlines.Last(), deadline.AddSeconds(-10), deadline.AddSeconds(10));
    }

    [Fact]
    public async Task Grpc_ClientCancels_BackendIsCancelled()
    {
        var client = await ConnectAsync(isTls: false);
        using var cancellation = new CancellationTokenSource();
        using var call = client.UnaryAsync(new Note { Text = "wait" }, Tier, cancellationToken: cancellation.Token);
        await _calls.Begun.Task.WaitAsync(Patience.Change, TestContext.Current.CancellationToken);

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await _calls.Cancelled.Task.WaitAsync(Patience.Change, TestContext.Current.CancellationToken);
    }

    private async Task<Echo.EchoClient> ConnectAsync(bool isTls)
    {
        _server = await Deployment.StartAsync(Shape.Embedded, settings =>
        {
            settings["proxy_endpoints"] = "[/opsen.interop.Echo]";
            if (isTls)
            {
                _certificate.Configure(settings);
            }
        });
        await (_host with { Url = _backend!.Url }).JoinAsync(_server);
        _channel = GrpcChannel.ForAddress(
            _server.Address, new GrpcChannelOptions { HttpHandler = Deployment.AcceptingAnyCertificate(), DisposeHttpClient = true });
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
}
