namespace CrossModal.Verification;

public static partial class OpCases
{
    private static IEnumerable<OpCase> MatrixProducts()
    {
        (int M, int N, int K)[] sizes = [(1, 1, 1), (3, 5, 7), (16, 16, 16), (17, 5, 33), (1, 33, 17), (65, 34, 19), (0, 3, 4)];
        foreach (var (m, n, k) in sizes)
        {
            for (var transposes = 0; transposes < 4; transposes++)
                yield return MatrixProduct(0, m, n, k, (transposes & 1) != 0, (transposes & 2) != 0);
        }

        for (var transposes = 0; transposes < 4; transposes++)
            yield return MatrixProduct(3, 4, 5, 6, (transposes & 1) != 0, (transposes & 2) != 0);
        yield return MatrixProduct(2, 17, 33, 3, false, false);
        yield return MatrixProduct(1, 2, 3, 4, false, true);

        // The fully connected layers: the sound classifier's, and one past the blocks that a packed product works in.
        yield return MatrixProduct(0, 4, 128, 256, false, true);
        yield return MatrixProduct(0, 4, 13, 128, false, true);
        yield return MatrixProduct(0, 130, 70, 300, false, false);

        yield return Products("matrix_product", "matrix product of a view [4, 3, 5] [5, 3]", In(4, 3, 5), In(5, 3), 5, (a, b) =>
            a.Slice(0, 1, 1).Reshape(3, 5).MatrixProduct(b));
    }

    /// <param name="batch">0: two matrices; else two batches of so many.</param>
    private static OpCase MatrixProduct(int batch, int m, int n, int k, bool transposeA, bool transposeB, string? name = null)
    {
        OpInput Matrix(int rows, int columns) => batch == 0 ? In(rows, columns) : In(batch, rows, columns);
        var (a, b) = (transposeA ? Matrix(k, m) : Matrix(m, k), transposeB ? Matrix(n, k) : Matrix(k, n));

        // A row of a training step has a name of its own and is run forward only.
        var terms = name is null ? Math.Max(k, Math.Max(m, n)) : k;
        name ??= $"matrix product {a.Shape}{(transposeA ? "ᵀ" : "")} {b.Shape}{(transposeB ? "ᵀ" : "")}";
        return Products("matrix_product", name, a, b, terms, (x, y) => x.MatrixProduct(y, transposeA, transposeB),
            2L * Math.Max(batch, 1) * m * n * k);
    }
}
