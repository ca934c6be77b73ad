using CrossModal.Kernels;

namespace CrossModal.Tensors;

public sealed partial class Tensor
{
    /// <summary>
    /// op(this) · op(b) for matrices [m, k] · [k, n], or batches of them [batch, m, k] · [batch, k, n]; a transposed operand is stored the
    /// other way round.
    /// </summary>
    /// <exception cref="ShapeException">Not two matrices or two equal batches of matrices, or the inner extents differ.</exception>
    public Tensor MatrixProduct(Tensor b, bool transposeThis = false, bool transposeOther = false)
    {
        return Product(this, b, transposeThis, transposeOther, ProductType(this, b));
    }

    /// <param name="type">Of the result: that of the argument that it is the gradient of, else of a product of the two.</param>
    private static Tensor Product(Tensor a, Tensor b, bool transposeThis, bool transposeOther, ElementType type)
    {
        var rank = a.Shape.Rank;
        if (rank is < 2 or > 3 || b.Shape.Rank != rank || (rank == 3 && a.Shape[0] != b.Shape[0]))
            throw new ShapeException($"matrix product: {a.Shape} and {b.Shape} are not two matrices or two equal batches of matrices");
        var (m, k) = transposeThis ? (a.Shape[-1], a.Shape[-2]) : (a.Shape[-2], a.Shape[-1]);
        var (k2, n) = transposeOther ? (b.Shape[-1], b.Shape[-2]) : (b.Shape[-2], b.Shape[-1]);
        if (k != k2)
            throw new ShapeException($"matrix product: {a.Shape}{(transposeThis ? " transposed" : "")} and "
                + $"{b.Shape}{(transposeOther ? " transposed" : "")} do not fit: inner extents {k} and {k2}");
        var batch = rank == 3 ? a.Shape[0] : 1;
        var call = a.Device.Call("matrix product");
        var y = call.Result(rank == 3 ? [batch, m, n] : [m, n], type);
        call.Backend.MatrixProduct(new MatrixProductGeometry(batch, m, n, k, transposeThis, transposeOther), call[a], call[b], call[y]);
        return y.Derive("matrix product", $"{(transposeThis ? "first " : transposeOther ? "second " : "none ")}transposed",
            new Edge(a, g => transposeThis ? Product(b, g, transposeOther, true, a.Type) : Product(g, b, false, !transposeOther, a.Type)),
            new Edge(b, g => transposeOther ? Product(g, a, true, transposeThis, b.Type) : Product(a, g, !transposeThis, false, b.Type)));
    }
}
