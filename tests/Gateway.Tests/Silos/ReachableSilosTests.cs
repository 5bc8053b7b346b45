using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Silos;
using Orleans.Messaging;

namespace Opsen.Gateway.Tests.Silos;

public sealed class ReachableSilosTests
{
    private static readonly Uri[] Listed = [new("gwy.tcp://10.0.0.1:30000/1"), new("gwy.tcp://10.0.0.2:30000/2")];

    private readonly FakeTimeProvider _time = new();
    private readonly SiloReach _reach;
    private readonly FakeList _list = new();
    private readonly ReachableSilos _silos;

    public ReachableSilosTests()
    {
        _reach = new SiloReach(_time);
        _silos = new ReachableSilos(_list, _reach, _time);
    }

    [Fact]
    public async Task GetGateways_SiloIsSilent_LeavesItOut()
    {
        Assert.Equal(Listed, await _silos.GetGateways());
        Silence(Listed[1]);

        Assert.Equal([Listed[0]], await _silos.GetGateways());
    }

    [Fact]
    public async Task GetGateways_ListHangs_IsTheOneReadLastWithoutTheSilent()
    {
        await _silos.GetGateways();
        Silence(Listed[0]);
        _list.Answer = new TaskCompletionSource<IList<Uri>>().Task;

        var reading = _silos.GetGateways();
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([Listed[1]], await reading);
        Assert.Equal(2, _list.Reads);
        var again = _silos.GetGateways();
        _time.Advance(TimeSpan.FromSeconds(1));
        await again;

        // One that hangs is not asked a second time.
        Assert.Equal(2, _list.Reads);
    }

    [Fact]
    public async Task GetGateways_ListFails_IsTheOneReadLastAndReadsAgain()
    {
        await _silos.GetGateways();
        _list.Answer = Task.FromException<IList<Uri>>(new InvalidOperationException("the database is away"));
        Assert.Equal(Listed, await _silos.GetGateways());
        _list.Answer = Task.FromResult<IList<Uri>>([Listed[1]]);

        Assert.Equal([Listed[1]], await _silos.GetGateways());
    }

    [Fact]
    public async Task GetGateways_FirstListFails_Fails()
    {
        _list.Answer = Task.FromException<IList<Uri>>(new InvalidOperationException("the database is away"));

        await Assert.ThrowsAsync<InvalidOperationException>(_silos.GetGateways);
        _list.Answer = Task.FromResult<IList<Uri>>(Listed);
        Assert.Equal(Listed, await _silos.GetGateways());
    }

    private void Silence(Uri silent)
    {
        for (var i = 0; i < 6; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            foreach (var other in Listed.Where(uri => uri != silent))
            {
                _reach.Heard(other.ToGatewayAddress()!);
            }

            _reach.Judge();
        }
    }

    private sealed class FakeList : IGatewayListProvider
    {
        public Task<IList<Uri>> Answer { get; set; } = Task.FromResult<IList<Uri>>(Listed);

        public int Reads { get; private set; }

        public TimeSpan MaxStaleness => TimeSpan.FromSeconds(1);

        [Obsolete("The interface still has it.")]
        public bool IsUpdatable => true;

        public Task InitializeGatewayListProvider() => Task.CompletedTask;

        public Task<IList<Uri>> GetGateways()
        {
            Reads++;
            return Answer;
        }
    }
}
