using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>The table of op cases: every op over a grid of sizes that holds the hard ones. One partial file a family.</summary>
public static partial class OpCases
{
    public static IReadOnlyList<OpCase> All { get; } =
    [
        .. Elementwise(), .. Movement(), .. Reductions(), .. MatrixProducts(), .. Convolutions(), .. BatchNorms(), .. Pooling(),
            .. Softmax(), .. RandomNumbers(), .. Optimizers(),
        .. Networks(),
    ];

    /// <summary>The case of that name.</summary>
    public static OpCase Named(string name) => All.Single(opCase => opCase.Name == name);

    private static OpInput In(params ReadOnlySpan<int> extents) => new(new Shape(extents));

    private static OpInput In(Draw draw, params ReadOnlySpan<int> extents) => new(new Shape(extents), draw);

    /// <summary>A case of one input.</summary>
    private static OpCase Case(string family, string name, OpInput x, Func<Tensor, Tensor> function, Tolerance tolerance) =>
        new(family, name, [x], (_, inputs) => function(inputs[0]), tolerance);

    /// <summary>A case of two inputs.</summary>
    private static OpCase Case(string family, string name, OpInput a, OpInput b, Func<Tensor, Tensor, Tensor> function,
        Tolerance tolerance) =>
        new(family, name, [a, b], (_, inputs) => function(inputs[0], inputs[1]), tolerance);

    private static string Join(ReadOnlySpan<int> numbers) => string.Join(", ", numbers.ToArray());
}
