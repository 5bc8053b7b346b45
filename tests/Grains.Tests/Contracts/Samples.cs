using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Opsen.Grains.Tests.Contracts;

/// <summary>Makes an object of any type of the contract, with something in every member, and tells what is in one.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset Time = new(2026, 11, 25, 12, 30, 15, TimeSpan.Zero);

    public static object New(Type type) => Make(type, new Counter());

    /// <summary>Every value in it, by its path.</summary>
    public static IEnumerable<string> Describe(object? value, string path = "") => value switch
    {
        null => [$"{path}=null"],
        string or Enum or Guid or bool or TimeSpan => [$"{path}={value}"],
        DateTimeOffset time => [$"{path}={time:O}"],
        IFormattable number when value.GetType().IsPrimitive => [$"{path}={number.ToString(null, CultureInfo.InvariantCulture)}"],
        IEnumerable list => list.Cast<object?>().SelectMany((item, index) => Describe(item, $"{path}[{index}]")),
        _ => Contract.MembersOf(value.GetType()).SelectMany(member => Describe(Get(value, member.Name), $"{path}.{member.Name}")),
    };

    private static object Make(Type type, Counter counter)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Make(inner, counter);
        }

        if (type.IsEnum)
        {
            return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1)!;
        }

        if (type.IsArray)
        {
            var items = Array.CreateInstance(type.GetElementType()!, 1);
            items.SetValue(Make(type.GetElementType()!, counter), 0);
            return items;
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>))
        {
            var list = (IList)Activator.CreateInstance(type)!;
            list.Add(Make(type.GetGenericArguments()[0], counter));
            return list;
        }

        if (type.IsGenericType && type.Name.StartsWith("ImmutableArray", StringComparison.Ordinal))
        {
            var create = typeof(System.Collections.Immutable.ImmutableArray).GetMethods()
                .First(static method => method.Name == "Create"
                    && method.GetParameters() is [{ ParameterType: { IsArray: false, IsGenericType: false } }]);
            var element = type.GetGenericArguments()[0];
            return create.MakeGenericMethod(element).Invoke(null, [Make(element, counter)])!;
        }

        return Type.GetTypeCode(type) switch
        {
            TypeCode.String => $"text-{counter.Next()}",
            TypeCode.Boolean => true,
            TypeCode.Double => counter.Next() + 0.5,
            TypeCode.Int32 => counter.Next(),
            TypeCode.Int64 => 1_000_000_000_000L + counter.Next(),
            TypeCode.UInt64 => 1_000_000_000_000UL + (ulong)counter.Next(),
            _ when type == typeof(Guid) => new Guid(counter.Next(), 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
            _ when type == typeof(TimeSpan) => TimeSpan.FromMilliseconds(counter.Next()),
            _ when type == typeof(DateTimeOffset) => Time.AddSeconds(counter.Next()),
            _ => MakeObject(type, counter),
        };
    }

    private static object MakeObject(Type type, Counter counter)
    {
        if (!Contract.Types.Contains(type))
        {
            throw new NotSupportedException($"A sample of {type} is not known.");
        }

        var made = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var member in Contract.MembersOf(type))
        {
            Field(type, member.Name).SetValue(made, Make(member.Type, counter));
        }

        return made;
    }

    private static object? Get(object value, string name) => Field(value.GetType(), name).GetValue(value);

    private static FieldInfo Field(Type type, string name) =>
        type.GetField($"<{name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)
        ?? type.GetField(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        ?? throw new MissingFieldException(type.Name, name);

    private sealed class Counter
    {
        private int _last;

        public int Next() => ++_last;
    }
}
