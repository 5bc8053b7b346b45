using System.Reflection;
using System.Runtime.CompilerServices;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Orleans.Services;

namespace Opsen.Grains.Tests.Contracts;

/// <summary>What processes of different versions say to each other, and what is stored.</summary>
internal static class Contract
{
    private static readonly Assembly[] Assemblies = [typeof(ITierIndexGrain).Assembly, typeof(BackendState).Assembly];

    /// <summary>Types that are sent or stored.</summary>
    public static IReadOnlyList<Type> Types { get; } =
    [
        .. Assemblies.SelectMany(static assembly => assembly.GetTypes())
            .Where(static type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null)
            .OrderBy(AliasOf, StringComparer.Ordinal),
    ];

    /// <summary>Interfaces that are called across processes.</summary>
    public static IReadOnlyList<Type> Interfaces { get; } =
    [
        .. Assemblies.SelectMany(static assembly => assembly.GetTypes())
            .Where(static type => type.IsInterface && (type.IsAssignableTo(typeof(IAddressable)) || type.IsAssignableTo(typeof(IGrainService))))
            .OrderBy(AliasOf, StringComparer.Ordinal),
    ];

    /// <summary>The name under which other processes know it.</summary>
    public static string AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias ?? $"{member.Name} (no alias)";

    /// <summary>Members that are sent, by number.</summary>
    public static IEnumerable<(uint Number, string Name, Type Type)> MembersOf(Type type) =>
        from member in type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let id = member.GetCustomAttribute<IdAttribute>()
        where id is not null
        orderby id.Id
        select (id.Id, member.Name, member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType);

    /// <summary>The list, a line for each interface, call, type and member.</summary>
    public static IEnumerable<string> List()
    {
        foreach (var type in Interfaces)
        {
            yield return $"interface {AliasOf(type)}, version {type.GetCustomAttribute<Orleans.CodeGeneration.VersionAttribute>()?.Version ?? 0}";
            foreach (var method in type.GetMethods().OrderBy(AliasOf, StringComparer.Ordinal))
            {
                var parameters = string.Join(", ", method.GetParameters().Select(static parameter => NameOf(parameter.ParameterType)));
                yield return $"    {AliasOf(method)}({parameters}): {NameOf(method.ReturnType)}";
            }
        }

        foreach (var type in Types)
        {
            yield return $"type {AliasOf(type)}";
            foreach (var line in type.IsEnum
                ? Enum.GetNames(type).Select(name => $"    {Convert.ToInt64(Enum.Parse(type, name), null)} {name}")
                : MembersOf(type).Select(static member => $"    {member.Number} {member.Name}: {NameOf(member.Type)}"))
            {
                yield return line;
            }
        }
    }

    /// <summary>Path of a file beside this one.</summary>
    public static string File(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, name);

    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.IsArray ? $"{NameOf(type.GetElementType()!)}[]"
        : type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.Name;
}
