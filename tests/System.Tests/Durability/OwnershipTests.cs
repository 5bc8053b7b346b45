using System.Net;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Durability;

/// <summary>One process decides over a database, and it notices when the file is taken away.</summary>
public class OwnershipTests
{
    [Theory]
    [InlineData(Shape.Embedded, "embedded")]
    [InlineData(Shape.Localhost, "embedded")]
    public async Task Start_DatabaseIsInUse_EndsWithOneLineThatNamesFileAndHolder(Shape holder, string second)
    {
        await using var server = await Deployment.StartAsync(holder);
        var host = await new TestHost { CpuUsage = [10, 10, 10, 10] }.JoinAsync(server);
        for (var i = 0; i < 4; i++)
        {
            (await server.RouteAsync("lite")).Expect(HttpStatusCode.OK);
        }

        var (exitCode, lines) = await Deployment.FailAsync(settings =>
        {
            settings["database"] = $"'{server.DatabaseFile}'";
            settings["cluster"] = second;
        });

        Assert.Equal(1, exitCode);
        var line = Assert.Single(lines);
        Assert.Contains(server.DatabaseFile, line, StringComparison.Ordinal);
        Assert.Contains(holder == Shape.Embedded ? $"opsen-gateway (pid {server.GatewayId} " : "opsen-silo (pid ", line, StringComparison.Ordinal);

        // The first one goes on, and has granted all that there is.
        (await server.RouteAsync("lite", near: host)).ExpectProblem(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Kill_Holder_TheNextStartHasTheDatabase()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded);
        Assert.NotEmpty(await File.ReadAllTextAsync(server.DatabaseFile + ".lock", TestContext.Current.CancellationToken));

        await server.KillAsync(Victim.All);
        await server.StartMissingAsync();

        await new TestHost().JoinAsync(server);
        await server.StopAsync();
        Assert.Empty(await File.ReadAllTextAsync(server.DatabaseFile + ".lock", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_DatabaseFileIsTakenAway_SaysSoAndAcknowledgesNothingThatWouldBeLost(bool isReplaced)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not let anyone delete a file that is open.");
        await using var server = await Deployment.StartAsync(Shape.Embedded);
        await new TestHost().JoinAsync(server);
        (await server.RouteAsync("tiny", "known")).Expect(HttpStatusCode.OK);

        File.Move(server.DatabaseFile, server.DatabaseFile + ".away");
        if (isReplaced)
        {
            await File.WriteAllBytesAsync(server.DatabaseFile, [], TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync("it is said", () => Task.FromResult(server.HasLogged("was deleted or replaced")));
        (await server.RouteAsync("tiny", "known")).Expect(HttpStatusCode.OK);
        (await server.RouteAsync("tiny", "new")).ExpectProblem(HttpStatusCode.ServiceUnavailable);
        (await server.RouteAsync("tiny")).ExpectProblem(HttpStatusCode.ServiceUnavailable);
        using var admin = new HttpClient { BaseAddress = server.Admin };
        using var ready = await admin.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);

        File.Move(server.DatabaseFile + ".away", server.DatabaseFile, overwrite: true);

        await Eventually.HoldsAsync("new sessions are taken again", async () => (await server.RouteAsync("tiny", "new")).Status == HttpStatusCode.OK);
    }
}
