using CrossModal.Kernels.Cuda.Libraries;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>The words in which a product is asked of cuBLAS, against a column-major product written down from its documentation.</summary>
public class CuBlasTests
{
    public static TheoryData<int, int, int, int, bool, bool> Products()
    {
        var products = new TheoryData<int, int, int, int, bool, bool>();
        foreach (var (batch, m, n, k) in new[] { (1, 3, 5, 7), (3, 4, 2, 5), (2, 1, 6, 1) })
            foreach (var bits in Enumerable.Range(0, 4))
                products.Add(batch, m, n, k, (bits & 1) != 0, (bits & 2) != 0);
        return products;
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void ColumnMajorTermsMeanTheSameProduct(int batch, int m, int n, int k, bool transposeA, bool transposeB)
    {
        var geometry = new MatrixProductGeometry(batch, m, n, k, transposeA, transposeB);
        using var devices = new DevicePair("cpu");
        var a = devices.Normal((long)batch * m * k);
        var b = devices.Normal((long)batch * k * n);
        var c = devices.Normal((long)batch * m * n);
        ColumnMajorProduct(new CuBlasCall(geometry), b.Reference.Span<double>(), a.Reference.Span<double>(), c.Device.Span<float>(), batch);
        devices.Reference.MatrixProduct(geometry, a.Reference, b.Reference, c.Reference);
        devices.Compare("cuBLAS call", geometry.ToString(), c, 1e-6, 1e-6);
    }

    /// <summary>
    /// C = op(A)·op(B): cublas&lt;t&gt;gemmStridedBatched, where element (row, column) of a matrix is at row + column · leading.
    /// </summary>
    private static void ColumnMajorProduct(in CuBlasCall call, ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<float> c, int batch)
    {
        for (var matrix = 0; matrix < batch; matrix++)
        {
            for (var row = 0; row < call.Rows; row++)
            {
                for (var column = 0; column < call.Columns; column++)
                {
                    var sum = 0.0;
                    for (var term = 0; term < call.Terms; term++)
                    {
                        var left = call.OperationFirst == CuBlasFunctions.NotTransposed ? row + term * call.LeadingFirst
                            : term + row * call.LeadingFirst;
                        var right = call.OperationSecond == CuBlasFunctions.NotTransposed
                            ? term + column * call.LeadingSecond : column + term * call.LeadingSecond;
                        sum += a[(int)(matrix * call.StrideFirst) + left] * b[(int)(matrix * call.StrideSecond) + right];
                    }

                    c[(int)(matrix * call.StrideResult) + row + column * call.LeadingResult] = (float)sum;
                }
            }
        }
    }

    [Fact]
    public void LeadingDimensionsAreLegal()
    {
        foreach (var (transposeA, transposeB) in new[] { (false, false), (false, true), (true, false), (true, true) })
        {
            var call = new CuBlasCall(new MatrixProductGeometry(1, 3, 5, 7, transposeA, transposeB));
            Assert.True(call.LeadingFirst >= (transposeB ? call.Terms : call.Rows));
            Assert.True(call.LeadingSecond >= (transposeA ? call.Columns : call.Terms));
            Assert.True(call.LeadingResult >= call.Rows);
        }
    }

}
