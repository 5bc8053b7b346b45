using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Examples.Quickstart.Fleet;

/// <summary>One example backend with its agent, on its own part of the machine.</summary>
/// <param name="Name">Name of the host.</param>
/// <param name="Url">Where it serves.</param>
/// <param name="Cores">Its processors, such as "0-3".</param>
/// <param name="Server">The backend's process.</param>
/// <param name="Agent">The agent's process.</param>
internal sealed record Backend(string Name, Uri Url, string Cores, ChildProcess Server, ChildProcess Agent)
{
    /// <summary>Loads the backend's processors for a while.</summary>
    public async Task LoadAsync(HttpClient http, int seconds, CancellationToken cancellation)
    {
        using var answer = await http.PostAsync(new Uri(Url, $"/load?seconds={seconds}"), null, cancellation);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Ends the load.</summary>
    public async Task UnloadAsync(HttpClient http, CancellationToken cancellation)
    {
        using var answer = await http.DeleteAsync(new Uri(Url, "/load"), cancellation);
        answer.EnsureSuccessStatusCode();
    }
}
