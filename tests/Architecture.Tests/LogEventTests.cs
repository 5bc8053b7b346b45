using Mono.Cecil;

namespace Opsen.Architecture.Tests;

/// <summary>Operators and documents name log events by their number, so a number means one thing.</summary>
public sealed class LogEventTests
{
    private static readonly (string Assembly, int Min, int Max)[] Ranges =
        [("Opsen.Grains", 100, 499), ("Opsen.Hosting", 500, 599), ("opsen-agent", 1000, 1399), ("opsen-gateway", 3000, 3999)];

    [Fact]
    public void Events_HaveNumbersOfTheirOwnInTheRangeOfTheirAssembly()
    {
        var events = Code.Assemblies.SelectMany(static assembly => Code.TypesOf(assembly)
            .SelectMany(static type => type.Methods)
            .SelectMany(static method => method.CustomAttributes
                .Where(static attribute => attribute.AttributeType.Name == "LoggerMessageAttribute")
                .Select(attribute => (Assembly: method.Module.Assembly.Name.Name, Method: method.FullName, Id: IdOf(attribute))))).ToList();
        Assert.True(events.Count > 50, "The events were not found.");
        Assert.Equal([], events.GroupBy(static one => one.Id).Where(static same => same.Count() > 1).Select(static same => $"{same.Key}: {string.Join(", ", same.Select(static one => one.Method))}"));
        Assert.Equal([], events.Where(static one => !Ranges.Any(range => range.Assembly == one.Assembly && one.Id >= range.Min
            && one.Id <= range.Max)).Select(static one => $"{one.Assembly}: {one.Id} {one.Method}"));
    }

    private static int IdOf(CustomAttribute attribute) => attribute.Properties.Any(static property => property.Name == "EventId")
        ? (int)attribute.Properties.First(static property => property.Name == "EventId").Argument.Value
        : (int)attribute.ConstructorArguments[0].Value;
}
