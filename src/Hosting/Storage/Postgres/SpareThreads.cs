namespace Opsen.Hosting.Storage.Postgres;

/// <summary>
/// Threads for the time in which the database does not answer: then Orleans' membership waits for it on threads of the pool, which the silo's own work needs,
/// and the pool adds new ones slowly. Not always, because on few processors more threads than these make everything slower: with 16 on two, new sessions
/// took twice the processor.
/// </summary>
internal static class SpareThreads
{
    /// <summary>One for each connection that membership may use, and as many again for the work.</summary>
    private const int Count = 8;

    private static readonly int Usual = Read();

    /// <summary>Has them at hand.</summary>
    public static void Take() => Set(Usual + Count);

    /// <summary>Needs them no more.</summary>
    public static void Return() => Set(Usual);

    private static int Read()
    {
        ThreadPool.GetMinThreads(out var workers, out _);
        return workers;
    }

    private static void Set(int workers)
    {
        ThreadPool.GetMinThreads(out _, out var ports);
        ThreadPool.SetMinThreads(workers, ports);
    }
}
