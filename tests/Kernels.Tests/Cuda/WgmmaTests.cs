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
            foreach (var (batch, m, n, k) in new[] { (1, 8, 8, 8), (3, 40, 24, 72), (1, 136, columns + 8, 40), (1, 128, columns, 568) })
            {
                var type = (tile + k / 8) % 2 == 0 == transposeA ? ElementType.Float32 : ElementType.BFloat16;
                check.Compare(new MatrixProductGeometry(batch, m, n, k, transposeA, transposeB), tile, type);
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

    /// <summary>
    /// Channels on both sides of a step's 64 and a tile's columns, strides with and without a divisor in common with the dilation, pixels
    /// that no window reaches, and more pixels than a tile has rows.
    /// </summary>
    internal static readonly ConvolutionGeometry[] Geometries =
    [
        new(2, new(8, 4, 2, 1), new(8, 4, 2, 1), 8, 16),
        new(1, new(6, 4, 2, 1), new(10, 4, 2, 1), 72, 8),
        new(3, new(9, 3, 1, 1), new(7, 3, 1, 1), 16, 72),
        new(1, new(11, 3, 2, 3, 3), new(9, 3, 2, 3, 3), 8, 24),     // stride and dilation differ
        new(2, new(12, 3, 4, 0, 2), new(12, 3, 4, 0, 2), 8, 8),     // most phases see no tap
        new(2, new(9, 2, 3), new(9, 2, 4), 16, 8),                  // stride over kernel: pixels that no window reaches
        new(2, new(4, 4), new(4, 4), 136, 8),                       // the kernel covers the image
        new(2, new(1, 1), new(5, 1), 264, 280),                     // products of pixels; over a tile of 256 columns
        new(1, new(2, 1, 1, 2), new(3, 1, 1, 2), 8, 8),             // outputs of nothing but zeros
        new(5, new(4, 4, 2, 1), new(16, 4, 2, 1), 64, 128),         // whole steps and columns
    ];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void ConvolutionsMatchTheReference(int form)
    {
        using var check = new WgmmaCheck();
        foreach (var geometry in Geometries)
        {
            for (var tile = 0; tile < Tiles; tile++)
                check.Compare((ConvolutionForm)form, geometry, tile, (tile + form) % 2 == 0 ? ElementType.Float32 : ElementType.BFloat16);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void ConvolutionsInSlicesMatchTheReference(int form)
    {
        using var check = new WgmmaCheck();
        for (var tile = 0; tile < Tiles; tile++)
        {
            foreach (var type in new[] { ElementType.Float32, ElementType.BFloat16 })
            {
                check.Compare((ConvolutionForm)form, new(3, new(9, 3, 2, 1), new(7, 3, 1, 1), 72, 16), tile, type, slices: 3);
                check.Compare((ConvolutionForm)form, new(2, new(8, 5, 1, 2), new(8, 5, 1, 2), 8, 8), tile, type, slices: 0);
            }
        }
    }
}
