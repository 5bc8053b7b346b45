using Opsen.Hosting.Storage;

namespace Opsen.Hosting.Startup;

/// <summary>Runs a program's host, and explains in one line a failed start that the operator can fix.</summary>
public static class StartFailure
{
    /// <summary>Runs <paramref name="run"/>; returns the program's exit status: 0, or 1 when it could not start.</summary>
    public static async Task<int> ReportAsync(string program, Func<Task> run)
    {
        try
        {
            await run();
            return 0;
        }
        catch (Exception error) when (Explain(error) is { } explanation)
        {
            await Console.Error.WriteLineAsync($"{program}: {explanation}");
            return 1;
        }
    }

    private static string? Explain(Exception error) => error switch
    {
        StorageStartException or PortException or CertificateException => error.Message,
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } => $"{error.Message} Stop the other program or choose another port.",
        IOException when error.Message.Contains("bind", StringComparison.OrdinalIgnoreCase) => error.Message,
        System.Net.Sockets.SocketException => $"A port or address cannot be used: {error.Message}. Check host, port, admin_host, admin_port, silo_port and silo_gateway_port.",
        _ => null,
    };
}
