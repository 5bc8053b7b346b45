namespace Opsen.Grains.Tests.Tiers.Leases;

/// <summary>Runs what was posted to it when it is told to, on the caller's thread; so a test decides when somebody goes on, and when they are frozen.</summary>
internal sealed class Pump : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Call, object? State)> _waiting = new();

    public bool IsFrozen { get; set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_waiting)
        {
            _waiting.Enqueue((d, state));
        }
    }

    /// <summary>Starts something that goes on here.</summary>
    public void Start(Func<Task> work) => Post(static state => _ = ((Func<Task>)state!)(), work);

    /// <summary>Runs all that waits. False when there was nothing.</summary>
    public bool Run()
    {
        var ran = false;
        while (!IsFrozen && TryTake(out var next))
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                next.Call(next.State);
            }
            finally
            {
                SetSynchronizationContext(before);
            }

            ran = true;
        }

        return ran;
    }

    private bool TryTake(out (SendOrPostCallback Call, object? State) next)
    {
        lock (_waiting)
        {
            return _waiting.TryDequeue(out next);
        }
    }
}
