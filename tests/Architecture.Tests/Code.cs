using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Opsen.Architecture.Tests;

/// <summary>The compiled code of the product: which folder's code uses which. A folder is a namespace below its assembly's.</summary>
internal static class Code
{
    private static readonly string[] Names =
        ["Opsen.Protocol", "Opsen.Grains.Interfaces", "Opsen.Grains", "Opsen.Hosting", "opsen-silo", "opsen-gateway", "opsen-agent"];

    /// <summary>The assemblies, lowest first.</summary>
    public static IReadOnlyList<AssemblyDefinition> Assemblies { get; } =
        [.. Names.Select(static name => AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, $"{name}.dll")))];

    /// <summary>Every type of an assembly that people wrote, nested ones too.</summary>
    public static IEnumerable<TypeDefinition> TypesOf(AssemblyDefinition assembly) =>
        assembly.MainModule.GetTypes().Where(static type => NamespaceOf(type).StartsWith("Opsen.", StringComparison.Ordinal));

    /// <summary>The folder of a type: its namespace's first part below the assembly's root; empty at the root.</summary>
    public static string FolderOf(TypeReference type, string root)
    {
        var name = NamespaceOf(type);
        return name.Length <= root.Length ? "" : name[(root.Length + 1)..].Split('.')[0];
    }

    /// <summary>Which folders of an assembly use which others.</summary>
    public static IReadOnlyDictionary<string, SortedSet<string>> UsesBetweenFolders(AssemblyDefinition assembly, string root)
    {
        var uses = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var type in TypesOf(assembly).Where(type => IsBelow(type, root)))
        {
            var from = FolderOf(type, root);
            foreach (var used in TypesUsedBy(type).Where(used => used.Scope == assembly.MainModule && IsBelow(used, root)))
            {
                var to = FolderOf(used, root);
                if (to != from && from.Length > 0)
                {
                    (uses.TryGetValue(from, out var known) ? known : uses[from] = new(StringComparer.Ordinal)).Add(to);
                }
            }
        }

        return uses;
    }

    private static bool IsBelow(TypeReference type, string root) => NamespaceOf(type) is var name
        && (name == root || name.StartsWith($"{root}.", StringComparison.Ordinal));

    private static string NamespaceOf(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type.Namespace;
    }

    private static IEnumerable<TypeReference> TypesUsedBy(TypeDefinition type)
    {
        var used = new List<TypeReference?> { type.BaseType };
        used.AddRange(type.Interfaces.Select(static one => one.InterfaceType));
        used.AddRange(type.Fields.Select(static field => field.FieldType));
        foreach (var method in type.Methods)
        {
            used.Add(method.ReturnType);
            used.AddRange(method.Parameters.Select(static parameter => parameter.ParameterType));
            foreach (var variable in method.Body?.Variables ?? [])
            {
                used.Add(variable.VariableType);
            }

            foreach (var instruction in method.Body?.Instructions ?? [])
            {
                used.AddRange(TypesIn(instruction));
            }
        }

        return used.OfType<TypeReference>().SelectMany(Unwrap);
    }

    private static IEnumerable<TypeReference> TypesIn(Instruction instruction) => instruction.Operand switch
    {
        GenericInstanceMethod call => [call.DeclaringType, .. call.GenericArguments],
        MemberReference { DeclaringType: { } owner } and not TypeReference => [owner],
        TypeReference type => [type],
        _ => [],
    };

    private static IEnumerable<TypeReference> Unwrap(TypeReference type) => type switch
    {
        GenericInstanceType generic => [generic.ElementType, .. generic.GenericArguments.SelectMany(Unwrap)],
        GenericParameter or FunctionPointerType => [],
        TypeSpecification wrapped => Unwrap(wrapped.ElementType),
        _ => [type],
    };
}
