using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Examples.Quickstart.Fleet;

/// <summary>One example backend on its own part of the machine.</summary>
/// <param name="Name">Name of the host.</param>
/// <param name="Url">Where it serves.</param>
/// <param name="Cores">Its processors, such as "0-3".</param>
/// <param name="Process">Its process.</param>
internal sealed record Backend(string Name, Uri Url, string Cores, ChildProcess Process)
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
