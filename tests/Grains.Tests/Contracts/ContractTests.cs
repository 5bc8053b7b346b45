using Microsoft.Extensions.DependencyInjection;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Orleans.Serialization;

namespace Opsen.Grains.Tests.Contracts;

/// <summary>
/// A cluster is upgraded process by process, so the versions before and after work together. Calls and members may be added, never changed or removed; an
/// interface that gets a call gets a higher <c>[Version]</c> too. With <c>OPSEN_WRITE_CONTRACTS=1</c> these tests write what they compare with: look at the
/// difference before it is committed, and keep the lines of the released versions in <c>wire.txt</c>.
/// </summary>
public sealed class ContractTests
{
    private static readonly bool Writes = Environment.GetEnvironmentVariable("OPSEN_WRITE_CONTRACTS") == "1";

    private static readonly Serializer Serializer = new ServiceCollection()
        .AddSerializer(static serializer => serializer.AddAssembly(typeof(ITierIndexGrain).Assembly).AddAssembly(typeof(BackendState).Assembly))
        .BuildServiceProvider()
        .GetRequiredService<Serializer>();

    [Fact]
    public void Contract_IsTheOneThatIsWrittenDown()
    {
        var file = Contract.File("contract.txt");
        if (Writes)
        {
            File.WriteAllLines(file, Contract.List());
        }

        Assert.Equal(File.ReadAllLines(file), Contract.List());
    }

    [Fact]
    public void Contract_HasANameForEverythingThatIsSent() =>
        Assert.DoesNotContain(Contract.List(), static line => line.Contains("(no alias)", StringComparison.Ordinal));

    [Fact]
    public void WireFormat_OfEveryVersion_IsRead()
    {
        var file = Contract.File("wire.txt");
        if (Writes)
        {
            File.WriteAllLines(file, Contract.Types.Where(static type => !type.IsEnum).Select(static type =>
            {
                var sample = Samples.New(type);
                return $"{Contract.AliasOf(type)}|{Convert.ToHexString(Serializer.SerializeToArray<object>(sample))}|{string.Join(';', Samples.Describe(sample))}";
            }));
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in File.ReadAllLines(file))
        {
            var parts = line.Split('|');
            var read = Serializer.Deserialize<object>(Convert.FromHexString(parts[1]));

            Assert.Equal(parts[0], Contract.AliasOf(read!.GetType()));
            Assert.Empty(parts[2].Split(';', StringSplitOptions.RemoveEmptyEntries).Except(Samples.Describe(read)));
            seen.Add(parts[0]);
        }

        Assert.Empty(Contract.Types.Where(static type => !type.IsEnum).Select(Contract.AliasOf).Except(seen));
    }
}
