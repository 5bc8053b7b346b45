using Opsen.Grains.Tiers.Leases;

namespace Opsen.Grains.Tests.Tiers.Leases;

/// <summary>What the database keeps of one pool. It can be away, and it can hang, and then do later what it was asked.</summary>
internal sealed class LeaseDatabase(TimeProvider time) : ILeaseStorage
{
    private readonly List<(long DueAt, Action Run)> _held = [];
    private long _epoch;
    private long _number;
    private FormerLease _row = new([], []);

    public bool IsAway { get; set; }

    /// <summary>How long it holds up what it is asked; zero = not at all.</summary>
    public TimeSpan Hang { get; set; }

    /// <summary>Whether those who ask are told of a failure although it does what they asked.</summary>
    public bool LosesReplies { get; set; }

    public int Confirmations { get; private set; }

    public long Begin()
    {
        _number = 0;
        return ++_epoch;
    }

    public void RunDue()
    {
        foreach (var held in _held.Where(one => one.DueAt <= time.GetTimestamp()).ToList())
        {
            _held.Remove(held);
            held.Run();
        }
    }

    public Task<FormerLease> ReadAsync(string pool) => IsAway ? Task.FromException<FormerLease>(new TimeoutException()) : Task.FromResult(_row);

    public Task<bool> ConfirmAsync(string pool, long epoch, long number, IReadOnlyCollection<string> witnesses, IReadOnlyCollection<Guid> gateways)
    {
        if (IsAway)
        {
            return Task.FromException<bool>(new TimeoutException());
        }

        Guid[] following = [.. gateways];
        if (Hang > TimeSpan.Zero)
        {
            var reply = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            var isLost = LosesReplies;
            var dueAt = time.GetTimestamp() + (long)(Hang.TotalSeconds * time.TimestampFrequency);
            _held.Add((dueAt, () => reply.TrySetResult(Confirm(epoch, number, witnesses, following))));
            return isLost ? Task.FromException<bool>(new TimeoutException()) : reply.Task;
        }

        var isDone = Confirm(epoch, number, witnesses, following);
        return LosesReplies ? Task.FromException<bool>(new TimeoutException()) : Task.FromResult(isDone);
    }

    private bool Confirm(long epoch, long number, IReadOnlyCollection<string> witnesses, Guid[] gateways)
    {
        if (epoch != _epoch || number <= _number)
        {
            return false;
        }

        (_number, _row) = (number, new FormerLease([.. witnesses], [.. gateways]));
        Confirmations++;
        return true;
    }
}
