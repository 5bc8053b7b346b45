using System.Net;
using System.Text.Json.Nodes;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace Opsen.System.Tests.Operator;

/// <summary>The console as an operator uses it, in a real browser.</summary>
public sealed class ConsoleTests
{
    private readonly List<string> _complaints = [];

    [Fact]
    public async Task Console_OperatorsWay_SeesAndDrainsAHost()
    {
        await using var browser = await Browser.StartAsync();
        await using var server = await Deployment.StartAsync(Shape.Embedded, static settings =>
        {
            settings["sticky_header"] = "X-Session-ID";
            settings["server_key"] = "s3cret";
        });
        var host = await JoinAsync(server, "alpha", 20);
        await JoinAsync(server, "beta", 95);
        for (var i = 0; i < 10; i++)
        {
            await JoinAsync(server, $"node-{i}", 10 + (7 * i));
        }

        var decision = await server.PostAsync(
            "/route?explain=true",
            new JsonObject { ["tier"] = "lite", ["client_lat"] = host.Latitude, ["client_lon"] = host.Longitude },
            ("X-Session-ID", "alice"),
            ("X-API-Key", "s3cret"));
        decision.Expect(HttpStatusCode.OK);

        var page = await browser.OpenAsync(server.Admin, _complaints);

        // The fleet, found and sorted without a mouse.
        await Expect(page.GetByText("12 of 12 hosts")).ToBeVisibleAsync();
        await Expect(page.GetByText("more lite sessions fit")).ToBeVisibleAsync();
        await page.GetByLabel("Find").FillAsync("alpha");
        await Expect(page.GetByText("1 of 12 hosts")).ToBeVisibleAsync();
        await page.GetByLabel("Find").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cores" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("tbody th").First).ToHaveTextAsync("beta.test");
        await CheckAccessibilityAsync(page);
        await PictureAsync(page, "console-fleet");

        // One host: its hours, and a drain that asks for the key.
        await page.GetByRole(AriaRole.Link, new() { Name = "alpha.test" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "alpha.test" })).ToBeVisibleAsync();
        await Expect(page.Locator(".u-over")).ToBeVisibleAsync();
        await CheckAccessibilityAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Drain …" }).ClickAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Drain …" }).ClickAsync();
        await page.GetByLabel("Minutes").FillAsync("30");
        await CheckAccessibilityAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Drain", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Key" }).FillAsync("s3cret");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).GetByText("takes no new sessions")).ToBeVisibleAsync();
        await Expect(page.Locator("h2 .state")).ToHaveTextAsync("draining");
        await Expect(page.Locator(".timeline")).ToContainTextAsync("draining");
        await PictureAsync(page, "console-host");

        // Why the session is where it is.
        await page.GetByRole(AriaRole.Link, new() { Name = "Sessions" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Rowheader, new() { Name = "alice" })).ToBeVisibleAsync();
        await CheckAccessibilityAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Why there?" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Why alpha.test?" })).ToBeVisibleAsync();
        await Expect(page.GetByText("This is the fleet as it was then.")).ToBeVisibleAsync();
        await CheckAccessibilityAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Events" }).ClickAsync();
        await Expect(page.Locator(".timeline li").First).ToContainTextAsync("alpha.test: in service →");
        await page.GetByRole(AriaRole.Link, new() { Name = "Map" }).ClickAsync();
        await Expect(page.Locator("circle.place").First).ToBeVisibleAsync();
        await CheckAccessibilityAsync(page);

        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Console_OnAPhoneInTheDark_FitsAndFollows()
    {
        await using var browser = await Browser.StartAsync();
        await using var server = await Deployment.StartAsync(Shape.Embedded);
        var host = await JoinAsync(server, "alpha", 20);
        var page = await browser.OpenAsync(server.Admin, _complaints, width: 390, height: 800, ColorScheme.Dark);
        await Expect(page.GetByText("1 of 1 hosts")).ToBeVisibleAsync();

        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the phone");
        await CheckAccessibilityAsync(page);
        await (host with { CpuUsage = [60, 60, 60, 60] }).ReportAsync(server);
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("60 %");
        (await server.SendAsync(HttpMethod.Delete, $"/clients/{host.Id}", null)).Expect(HttpStatusCode.NoContent);
        await Expect(page.GetByText("No host has registered yet.")).ToBeVisibleAsync();

        // A gateway that is away is said, and one that comes back is followed.
        await server.KillAsync(Victim.Gateway);
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not answer");
        await server.StartMissingAsync();
        await JoinAsync(server, "gamma", 10);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "gamma.test" })).ToBeVisibleAsync();
    }

    [Fact(Explicit = true)]
    public async Task Speed_With5000Hosts()
    {
        await using var browser = await Browser.StartAsync();
        await using var server = await Deployment.StartAsync(Shape.Embedded, static settings =>
        {
            settings["rate_limit_per_minute"] = "0";
            settings["health_check_enabled"] = "false";
        });
        foreach (var part in Enumerable.Range(0, 5000).Chunk(32))
        {
            await Task.WhenAll(part.Select(async i =>
            {
                var host = new TestHost { Id = $"host-{i:D5}", FreeVram = [20, 10], Url = $"http://10.0.{i / 250}.{(i % 250) + 1}:9000" };
                (await server.PostPatientlyAsync("/register", host.Registration())).Expect(HttpStatusCode.OK);
                await host.ReportAsync(server);
            }));
        }

        var page = await browser.OpenAsync(server.Admin, _complaints);
        await Expect(page.GetByText("5000 of 5000 hosts")).ToBeVisibleAsync();
        await Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken);
        var paint = await page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime");
        var updates = await page.EvaluateAsync<double[]>("performance.getEntriesByName('fleet-update').map(entry => entry.duration)");
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"first paint {paint:F0} ms; updates with 5,000 hosts: first {updates[0]:F0} ms, then median {updates[1..].Order().ElementAt(updates.Length / 2 - 1):F0} ms");
        foreach (var path in Enumerable.Repeat<string[]>(["/metrics", "/metrics/hosts", "/api/fleet"], 4).SelectMany(static paths => paths))
        {
            // A scrape shortly after another one gets the same answer.
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
            var began = TimeProvider.System.GetTimestamp();
            var text = await server.Http.GetStringAsync(new Uri(server.Admin, path), TestContext.Current.CancellationToken);
            output.WriteLine($"{path}: {text.Length} bytes in {TimeProvider.System.GetElapsedTime(began).TotalMilliseconds:F0} ms");
        }
    }

    private static async Task<TestHost> JoinAsync(Deployment server, string name, double cpu)
    {
        var host = new TestHost { Id = name, CpuUsage = [cpu, cpu, cpu, cpu], FreeVram = [20] };
        (string, string)[] key = [("X-API-Key", "s3cret")];
        (await server.PostAsync("/register", host.Registration(), key)).Expect(HttpStatusCode.OK);
        (await server.PostAsync("/stats", host.Report(), key)).Expect(HttpStatusCode.OK);
        (await server.PostAsync("/stats", host.Report(), key)).Expect(HttpStatusCode.OK);
        return host;
    }

    /// <summary>Nothing of weight that axe knows of.</summary>
    private static async Task CheckAccessibilityAsync(IPage page)
    {
        var result = await page.RunAxe();
        Assert.Empty(result.Violations.Where(static violation => violation.Impact is "serious" or "critical").Select(static violation =>
            $"{violation.Id}: {violation.Help}: {string.Join("; ", violation.Nodes.Select(static node => node.Html))}"));
    }

    /// <summary>Makes the pictures of the README anew, when asked to.</summary>
    private static async Task PictureAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("OPSEN_WRITE_PICTURES") == "1")
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(BuildOutput.RepositoryRoot, "docs", "images", $"{name}.png") });
        }
    }
}
