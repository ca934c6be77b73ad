using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>
/// The table of op cases. One partial file a family: makers, which turn a size into a case, and the sizes that are hard. The sizes of a
/// training step are in <c>OpCases.Step.cs</c>, made by the same makers.
/// </summary>
public static partial class OpCases
{
    /// <summary>Every op over a grid of sizes that holds the hard ones.</summary>
    public static IReadOnlyList<OpCase> All { get; } =
    [
        .. Elementwise(), .. Movement(), .. Reductions(), .. MatrixProducts(), .. Convolutions(), .. BatchNorms(),
        .. NormsBehindConvolutions(), .. Pooling(), .. Softmax(), .. LogisticLosses(), .. RandomNumbers(), .. Optimizers(), .. Networks(),
    ];

    /// <summary>The case of <see cref="All"/> with that name.</summary>
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

    /// <summary>A matrix product or convolution.</summary>
    /// <param name="terms">Its longest sum of products.</param>
    private static OpCase Products(string family, string name, OpInput a, OpInput b, long terms, Func<Tensor, Tensor, Tensor> function,
        long operations = 0) =>
        Case(family, name, a, b, function, Tolerance.Sum(terms)) with { ProductTerms = terms, Operations = operations };

    /// <summary>A primitive by itself, which tensors reach only together with others: no tape, no gradient.</summary>
    /// <param name="outputs">Shapes of what it writes.</param>
    /// <param name="primitive">Given the backend, the inputs and the outputs.</param>
    private static OpCase Primitive(string family, string name, OpInput[] inputs, Shape[] outputs,
        Action<Backend, DeviceArray[], DeviceArray[]> primitive, Tolerance tolerance, ElementType? type = null) =>
        new(family, name, inputs, (device, x) =>
        {
            var call = device.Call(name);
            var y = Array.ConvertAll(outputs, shape => call.Result(shape, type ?? device.FloatType));
            primitive(call.Backend, Array.ConvertAll(x, tensor => call[tensor]), Array.ConvertAll(y, tensor => call[tensor]));
            return y;
        }, tolerance)
        { Orders = 0 };

    private static string Join(ReadOnlySpan<int> numbers) => string.Join(", ", numbers.ToArray());
}
