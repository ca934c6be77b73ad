using CrossModal.Kernels.Cuda;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>Matrix products and convolutions by warpgroups on the simulator against the reference.</summary>
public class WgmmaTests
{
    private const int Tiles = 3;

    /// <summary>Every way the operands may lie, in sizes that leave no tile full, that fill one, and that cross it.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void ProductsMatchTheReference(bool transposeA, bool transposeB)
    {
        using var check = new WgmmaCheck();
        for (var tile = 0; tile < Tiles; tile++)
        {
            var columns = WgmmaTile.All[tile].Columns;
            foreach (var (batch, m, n, k) in new[] { (1, 8, 8, 8), (3, 40, 24, 72), (1, 136, columns + 8, 40), (1, 128, columns, 704) })
            {
                var geometry = new MatrixProductGeometry(batch, m, n, k, transposeA, transposeB);
                check.Compare(geometry, tile, ElementType.Float32);
                check.Compare(geometry, tile, ElementType.BFloat16);
            }
        }
    }

    /// <summary>Extents that lie along no row need be no multiples of 8.</summary>
    [Fact]
    public void ProductsOfOddExtentsMatchTheReference()
    {
        using var check = new WgmmaCheck();
        check.Compare(new(2, 131, 72, 24, false, true), 2, ElementType.Float32);
        check.Compare(new(2, 24, 72, 67, true, false), 1, ElementType.BFloat16);
    }

    [Fact]
    public void ProductsInSlicesMatchTheReference()
    {
        using var check = new WgmmaCheck();
        for (var tile = 0; tile < Tiles; tile++)
        {
            check.Compare(new(2, 24, 40, 328, false, true), tile, ElementType.Float32, slices: 3);
            check.Compare(new(1, 136, 8, 256, true, false), tile, ElementType.BFloat16, slices: 4);
            check.Compare(new(1, 16, 16, 1500 * 8, false, true), tile, ElementType.BFloat16, slices: 0);
        }
    }
}
