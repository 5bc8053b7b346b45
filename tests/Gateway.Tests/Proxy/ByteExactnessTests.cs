using System.Globalization;
using Opsen.Gateway.Proxy;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class ByteExactnessTests
{
    private const int Requests = 1_000;

    private static readonly string[] AddedToRequests =
        ["Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-LB-Client-ID", "X-LB-Hostname", "Via"];

    /// <summary>What leads out of the root is refused, and not passed.</summary>
    private static readonly ProxyPathMatcher EveryPath = new(["/"]);

    /// <summary>The seed is another one in every run; a failure names it, and OPSEN_EXACTNESS_SEED repeats it.</summary>
    [Fact]
    public async Task HandleAsync_RandomRequestsAndAnswers_PassByteForByte()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("OPSEN_EXACTNESS_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given
            : Random.Shared.Next();
        var random = new Random(seed);
        var next = "";
        await using var exchange = await RawExchange.StartAsync(_ => next);
        for (var i = 0; i < Requests; i++)
        {
            RandomMessage request;
            do
            {
                request = RandomMessage.Request(random);
            }
            while (EveryPath.ClimbsOut(request.StartLine.Split(' ')[1]));

            var answer = RandomMessage.Answer(random, request.IsHead);
            next = answer.Text;
            try
            {
                var got = await exchange.AskAsync(request.Text);

                Assert.Equal(i + 1, exchange.Received.Count);
                request.AssertArrivedAs(exchange.Received.Last(), AddedToRequests);
                answer.AssertArrivedAs(got, "Date");
            }
            catch (Exception failure)
            {
                Assert.Fail($"OPSEN_EXACTNESS_SEED={seed}, exchange {i}: {failure.Message}\n{Head(request)}\n{Head(answer)}");
            }
        }
    }

    private static string Head(RandomMessage message) => message.Text[..message.Text.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
}
