using Microsoft.Playwright;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Operator;

/// <summary>A real browser without a window.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Starts the machine's Chromium; skips the test where there is none.</summary>
    public static async Task<Browser> StartAsync()
    {
        var program = Tool.Require("chromium-headless-shell", "chromium-headless-shell", "chromium", "google-chrome");
        var playwright = await Playwright.CreateAsync();
        return new Browser(playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program.Path, Args = ["--no-sandbox"] }));
    }

    /// <summary>Opens a page; what the page complains of, and what it fetches from elsewhere, ends up in <paramref name="complaints"/>.</summary>
    public async Task<IPage> OpenAsync(Uri address, List<string> complaints, int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        var page = await _browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        page.SetDefaultTimeout((float)Patience.Change.TotalMilliseconds);
        page.Console += (_, message) =>
        {
            // A refused change is shown on the page; the browser writes a line about every such status.
            if (message.Type is "error" or "warning" && !message.Text.Contains("status of 401", StringComparison.Ordinal))
            {
                complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal))
            {
                complaints.Add($"fetches {request.Url}");
            }
        };
        await page.GotoAsync(address.AbsoluteUri);
        return page;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
