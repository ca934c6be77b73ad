using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;
using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    /// <summary>
    /// For a device of CUDA kernels: each version of matrix products and convolutions in this precision and the kernels that no other small
    /// case comes to. They are there to be looked at, so they have no gradients.
    /// </summary>
    internal static IEnumerable<OpCase> Launches(Precision precision)
    {
        var versions = KernelVersion.All.Where(version => version.Precision == precision).Select(version =>
            Primitive(version.Family, version.Name, [In(version.A), In(version.B)], [new Shape(version.Result)],
                (backend, x, y) => version.Launch(backend, x[0], x[1], y[0]), Tolerance.Exact, version.ResultType));
        return precision switch
        {
            Precision.Float32 => [.. versions, .. RareLaunches()],
            Precision.BFloat16 => [.. versions, .. RareLaunches(), Filled()],
            _ => versions,
        };
    }

    private static OpCase Filled() => Primitive("movement", "filled with 1.5 [40, 36]", [], [new Shape(40, 36)],
        (backend, _, y) => backend.Fill(y[0], 1.5), Tolerance.Exact, ElementType.BFloat16);

    private static IEnumerable<OpCase> RareLaunches()
    {
        // Binary functions that are gradients of others get operands of the same shape from them.
        const int rows = 40, columns = 36;
        foreach (var operation in Enum.GetValues<BinaryOperation>())
        {
            foreach (var (what, extents, strides) in new (string, int[], long[])[]
                { ("matrix", [rows, columns], [columns, 1]), ("row", [columns], [0, 1]), ("column", [rows, 1], [1, 0]) })
            {
                yield return Primitive("elementwise", $"{operation} of [{rows}, {columns}] and a {what} of [{Join(extents)}]",
                    [In(rows, columns), In(extents)], [new Shape(rows, columns)], (backend, x, y) => backend.Binary(operation,
                        StridedGeometry.Merge([rows, columns], [columns, 1], strides, [columns, 1]), x[0], x[1], y[0], 0.2),
                    Tolerance.Elementwise);
            }
        }

        foreach (var operation in Enum.GetValues<ReductionOperation>())
        {
            yield return Reduction(operation, "long rows", new(3, 1030, 1));
            yield return Reduction(operation, "long columns", new(1, 200, 64));
        }

        yield return Primitive("softmax", "log softmax of long rows [3, 1500]", [In(3, 1500)], [new Shape(3, 1500)],
            (backend, x, y) => backend.LogSoftmax(3, 1500, x[0], y[0]), Tolerance.Sum(1500));
        yield return new OpCase("movement", "transpose whole numbers [40, 36]",
            [OpInput.Of(new Shape(40, 36), [.. Enumerable.Range(0, 40 * 36)]) with { Type = ElementType.Int64 }],
            (_, x) => x[0].Transpose(), Tolerance.Exact)
        { Orders = 0 };
        var pooling = new PoolingGeometry(2, 16, 16, 8, 2, 2);
        yield return Primitive("pooling", "what a pooling has chosen of [2, 16, 16, 8]", [Image(pooling)], [Pooled(pooling)],
            (backend, x, y) => backend.MaxPoolGather(pooling, x[0], x[1], y[0]), Tolerance.Exact) with
        {
            Prepare = (device, x) => [x[0], MaxPool("", pooling).Function(device, x)[1]],
        };
    }

    private static OpCase Reduction(ReductionOperation operation, string name, ReductionGeometry g) => Primitive("reduction",
        $"{operation.ToString().ToLowerInvariant()} of {name} [{g.Outer}, {g.Reduced}, {g.Inner}]", [In(g.Outer, g.Reduced, g.Inner)],
        [new Shape(g.Outer, g.Inner)], (backend, x, y) => backend.Reduce(operation, g, x[0], y[0]), Tolerance.Sum(g.Reduced));
}
