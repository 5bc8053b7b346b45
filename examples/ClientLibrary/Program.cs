using Opsen.Client;

// client-library URL TIER [KEY]: reserves a host, says which, and gives it back.
if (args.Length < 2)
{
    Console.Error.WriteLine("usage: client-library http://gateway:8080 TIER [KEY]");
    return 2;
}

using var opsen = new OpsenClient(new Uri(args[0]), args.ElementAtOrDefault(2));
try
{
    await using var place = await opsen.RouteAsync(new PlacementRequest(args[1]) { Wait = TimeSpan.FromSeconds(10) });
    place.RenewEvery(TimeSpan.FromSeconds(60));
    Console.WriteLine($"{place.Hostname} at {place.Endpoint}, reservation {place.ReservationId}, cards [{string.Join(", ", place.GpuIds)}]");
    return 0;
}
catch (Exception error) when (error is OpsenException or HttpRequestException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
