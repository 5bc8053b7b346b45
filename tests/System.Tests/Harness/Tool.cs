using System.Diagnostics;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.System.Tests.Harness;

/// <summary>A program of the machine that a test needs; without it the test is skipped and says what to install.</summary>
internal sealed class Tool
{
    private Tool(string path) => Path = path;

    /// <summary>Full path of the program.</summary>
    public string Path { get; }

    /// <summary>Finds a program.</summary>
    /// <param name="package">The Debian package that has it.</param>
    /// <param name="names">Its names, the best first.</param>
    public static Tool Require(string package, params string[] names)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(global::System.IO.Path.PathSeparator).Append("/usr/sbin");
        var extension = OperatingSystem.IsWindows() ? ".exe" : "";
        var found = names.SelectMany(name => folders.Select(folder => global::System.IO.Path.Combine(folder, name + extension))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, $"'{names[0]}' is not installed; on Debian: apt-get install {package}");
        return new Tool(found!);
    }

    /// <summary>The gateway's program.</summary>
    public static Tool Gateway { get; } = new(BuildOutput.Find("src/Gateway", "opsen-gateway"));

    /// <summary>Runs the program to its end and returns what it wrote to its standard output; it must succeed.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output, errors) = await RunWithInputAsync("", arguments);
        Assert.True(exitCode == 0, $"{Path} {string.Join(' ', arguments)} ended with {exitCode}: {errors}\n{output}");
        return output;
    }

    /// <summary>Runs the program to its end, with a text as its standard input.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> RunWithInputAsync(string input, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var deadline = new CancellationTokenSource(Patience.Start);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        return (process.ExitCode, await output, await errors);
    }
}
