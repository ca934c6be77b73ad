using CrossModal.Cli;
using CrossModal.Runs;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace CrossModal.Tests;

/// <summary>
/// Whom each part may know. What the compiler has made is read, method bodies included; constants are not seen, because the compiler copies
/// their values.
/// </summary>
public sealed class ArchitectureTests
{
    /// <summary>
    /// The rooms of the application from the ground up, and the rooms that each may use. A room uses only rooms that stand above its own
    /// line in this table, so that there is no circle. The first is what lies in no room: it may be used by all.
    /// </summary>
    private static readonly (string Room, string[] Uses)[] Rooms =
    [
        ("", []),
        ("Audio", []),
        ("Imaging", ["Audio"]),
        ("Data", ["Audio", "Imaging"]),
        ("Models", ["Audio"]),
        ("Runs", ["Models"]),
        ("Training", ["Audio", "Imaging", "Data", "Models", "Runs"]),
        ("Adversarial", ["Data", "Models", "Runs", "Training"]),
        ("Evaluation.Metrics", []),
        ("Evaluation.TwoSample", ["Models", "Runs", "Training", "Evaluation.Metrics"]),
        ("Evaluation", ["Audio", "Imaging", "Data", "Models", "Runs", "Training", "Evaluation.Metrics", "Evaluation.TwoSample"]),
        ("Evaluation.Human", ["Audio", "Imaging", "Data"]),
        ("Pipelines", ["Audio", "Imaging", "Data", "Models", "Runs", "Training", "Adversarial", "Evaluation", "Evaluation.Human"]),
        ("Interchange", ["Audio", "Models", "Runs", "Training", "Evaluation", "Pipelines"]),
        ("TrainedRun", ["Audio", "Imaging", "Models", "Runs", "Evaluation", "Pipelines"]),
        ("Experiments", ["Audio", "Imaging", "Data", "Models", "Runs", "Training", "Evaluation", "Evaluation.Metrics", "Pipelines"]),
        ("Benchmarks", ["Models", "Runs", "Adversarial"]),
    ];

    /// <summary>
    /// What a program that uses the library sees stands in the namespace of the library itself. These are the rooms that such types belong
    /// to; what is not named here stands in no room.
    /// </summary>
    private static readonly Dictionary<string, string> Faces = new()
    {
        ["Animation"] = "Imaging",
        ["AudioClip"] = "Audio",
        ["RgbImage"] = "Imaging",
        ["GeneratedSound"] = "Imaging",
        ["TrainedRun"] = "TrainedRun",
        ["TrainingRequest"] = "TrainedRun",
    };

    /// <summary>The floors of the house from the ground up. Each may use all that stand above its own line.</summary>
    private static readonly string[] Floors =
    [
        "CrossModal.Kernels", "CrossModal.Tensors", "CrossModal.Layers", "CrossModal.Verification", "CrossModal.Application",
        "CrossModal.Studio", "crossmodal",
    ];

    public static TheoryData<string> RoomNames => [.. Rooms.Select(row => row.Room)];

    [Theory]
    [MemberData(nameof(RoomNames))]
    public void ARoomUsesOnlyTheRoomsThatItMay(string room)
    {
        var allowed = Rooms.Single(row => row.Room == room).Uses.Append(room).Append("").ToHashSet();
        var wrong = Arrows.Where(arrow => RoomOf(arrow.From) == room && !allowed.Contains(RoomOf(arrow.To)))
            .Select(arrow => $"{arrow.From} uses {arrow.To}").Distinct().Order().ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} arrows that {room} may not have:\n{string.Join('\n', wrong)}");
    }

    [Fact]
    public void TheTableHasNoCircle()
    {
        for (var i = 0; i < Rooms.Length; i++)
            Assert.Subset(Rooms[..i].Select(row => row.Room).ToHashSet(), Rooms[i].Uses.ToHashSet());
    }

    [Fact]
    public void EveryNamespaceIsARoom() =>
        Assert.Equal(Rooms.Select(row => row.Room).Order(), Arrows.Select(arrow => RoomOf(arrow.From)).Distinct().Order());

    [Fact]
    public void AFloorUsesOnlyTheFloorsBelow()
    {
        for (var i = 0; i < Floors.Length; i++)
        {
            var used = System.Reflection.Assembly.Load(Floors[i]).GetReferencedAssemblies().Select(name => name.Name!)
                .Where(name => name.StartsWith("CrossModal", StringComparison.OrdinalIgnoreCase)).ToHashSet();
            Assert.Subset(Floors[..i].ToHashSet(), used);
        }

        Assert.Equal(Floors[^1], typeof(CommandLine).Assembly.GetName().Name);
    }

    /// <summary>From one type of the application to another, by full name.</summary>
    private static IReadOnlyList<(string From, string To)> Arrows { get; } = ReadArrows();

    private static string RoomOf(string type)
    {
        var place = type[..type.LastIndexOf('.')]["CrossModal".Length..].TrimStart('.');
        if (place == "" && Faces.TryGetValue(type["CrossModal.".Length..], out var home))
            return home;
        return Rooms.Select(row => row.Room).Where(room => place == room || place.StartsWith(room + ".", StringComparison.Ordinal))
            .MaxBy(room => room.Length) ?? place;
    }

    private static List<(string From, string To)> ReadArrows()
    {
        using var module = ModuleDefinition.ReadModule(typeof(RunKind).Assembly.Location);
        return [.. module.GetTypes().SelectMany(type => UsedBy(type).SelectMany(Parts)
            .Where(used => used.Scope == module && Outermost(used).Namespace.StartsWith("CrossModal", StringComparison.Ordinal))
            .Select(used => (From: Outermost(type).FullName, To: Outermost(used).FullName)))
            .Where(arrow => arrow.From.StartsWith("CrossModal.", StringComparison.Ordinal) && arrow.From != arrow.To).Distinct()];
    }

    /// <summary>All types that a type names, some of them several times.</summary>
    private static IEnumerable<TypeReference?> UsedBy(TypeDefinition type)
    {
        TypeReference?[] own =
        [
            type.BaseType, .. type.Interfaces.Select(implemented => implemented.InterfaceType),
            .. type.Fields.Select(field => field.FieldType),
            .. type.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType),
            .. type.CustomAttributes.Concat(type.Properties.SelectMany(property => property.CustomAttributes)).SelectMany(UsedBy),
        ];
        return own.Concat(type.Methods.SelectMany(method => UsedBy((MethodReference)method).Concat(UsedBy(method.Body))));
    }

    private static IEnumerable<TypeReference?> UsedBy(CustomAttribute attribute) =>
        attribute.ConstructorArguments.Select(argument => argument.Value).OfType<TypeReference>().Append(attribute.AttributeType);

    private static IEnumerable<TypeReference?> UsedBy(MethodReference method) =>
    [
        method.ReturnType, method.DeclaringType, .. method.Parameters.Select(parameter => parameter.ParameterType),
        .. (method as GenericInstanceMethod)?.GenericArguments ?? [],
    ];

    private static IEnumerable<TypeReference?> UsedBy(MethodBody? body) => body is null ? [] : body.Variables
        .Select(variable => variable.VariableType).Concat(body.Instructions.SelectMany(instruction => instruction.Operand switch
        {
            MethodReference method => UsedBy(method),
            FieldReference field => [field.FieldType, field.DeclaringType],
            TypeReference type => [type],
            _ => [],
        })).Concat(body.ExceptionHandlers.Select(handler => handler.CatchType));

    /// <summary>A type without its arrays, references and pointers, and the types that it is made with.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType made => made.GenericArguments.SelectMany(Parts).Append(made.ElementType),
        TypeSpecification around => Parts(around.ElementType),
        _ => [type],
    };

    private static TypeReference Outermost(TypeReference type) => type.DeclaringType is { } around ? Outermost(around) : type;
}
