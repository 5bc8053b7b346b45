using System.Globalization;
using System.Text;

namespace Opsen.Load;

/// <summary>The hosts that the balancers are compared with: four sizes, and other programs on one of the largest.</summary>
internal static class SharedFleet
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(5);

    private static readonly (int Cores, int Others)[] Sizes = [(2, 0), (2, 0), (4, 0), (4, 0), (8, 0), (8, 0), (16, 0), (16, 10)];

    /// <summary>Prints port, agent-check port and cores of each host, and serves until the process ends. Reports every 5 s to the gateways of a file.</summary>
    /// <param name="gateways">The file: a port a line, read each time.</param>
    public static async Task RunAsync(string gateways)
    {
        var hosts = Sizes.Select(static (size, i) => new SharedHost(i, size.Cores, size.Others)).ToList();
        hosts.ForEach(static host => Console.WriteLine($"{host.Port} {host.CheckPort} {host.Cores}"));
        using var http = new HttpClient();
        var known = new HashSet<string>();
        while (true)
        {
            await Task.Delay(ReportInterval);
            hosts.ForEach(static host => host.TakeUse());
            foreach (var gateway in File.Exists(gateways) ? await File.ReadAllLinesAsync(gateways) : [])
            {
                foreach (var host in hosts)
                {
                    if (known.Add($"{gateway} {host.Number}"))
                    {
                        await PostAsync(http, gateway, "register", string.Create(CultureInfo.InvariantCulture,
                            $$"""{"client_id":"h{{host.Number}}","hostname":"h{{host.Number}}","total_cpu":{{host.Cores}},"total_memory_gb":64,"total_storage_gb":100,"endpoint_url":"http://127.0.0.1:{{host.Port}}"}"""));
                    }

                    var cores = string.Join(',', Enumerable.Repeat(Math.Min(100, host.UsePct).ToString("0.#", CultureInfo.InvariantCulture), host.Cores));
                    await PostAsync(http, gateway, "stats", string.Create(CultureInfo.InvariantCulture,
                        $$"""{"client_id":"h{{host.Number}}","hostname":"h{{host.Number}}","cpu_cores":{{host.Cores}},"cpu_usage_avg":[{{cores}}],"memory_total_gb":64,"memory_used_gb":4,"memory_avail_gb":60,"disk_total_gb":100,"disk_used_gb":1,"disk_avail_gb":99}"""));
                }
            }
        }
    }

    private static async Task PostAsync(HttpClient http, string port, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        try
        {
            (await http.PostAsync(new Uri($"http://127.0.0.1:{port}/{path}"), content)).EnsureSuccessStatusCode();
        }
        catch (HttpRequestException gone)
        {
            await Console.Error.WriteLineAsync($"{path} to {port}: {gone.Message}");
        }
    }
}
