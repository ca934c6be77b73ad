namespace CrossModal.Kernels.Cpu;

/// <summary>
/// A convolution of kernel 4, stride 2 and padding 1 as Winograd products. Input pixels of the same parity form a phase; the convolution is
/// the sum over four phases of a 2×2 convolution with stride one: x[2i + p − 1] is pixel i of phase p, and its taps are w[2t + p]. So all
/// phases have the same tiles, and the products sum over phases and channels together.
/// </summary>
internal readonly struct WinogradPlan
{
    public const int Phases = 4;

    /// <param name="gradient">Whether the products make the input gradient, not the value.</param>
    public WinogradPlan(in ConvolutionGeometry geometry, int outputs, bool gradient = false)
    {
        Geometry = geometry;
        Outputs = outputs;
        Gradient = gradient;
        TilesHigh = MatrixProductBlocking.DivideUp(geometry.OutputHeight, outputs);
        TilesWide = MatrixProductBlocking.DivideUp(geometry.OutputWidth, outputs);
    }

    public ConvolutionGeometry Geometry { get; }

    /// <summary>Outputs of a tile along one axis.</summary>
    public int Outputs { get; }

    public bool Gradient { get; }

    public int TilesHigh { get; }

    public int TilesWide { get; }

    public int TilesOfImage => TilesHigh * TilesWide;

    public int Tiles => checked(Geometry.Batch * TilesOfImage);

    /// <summary>Channels of all phases.</summary>
    public int PhaseChannels => Phases * Geometry.InputChannels;

    /// <summary>Numbers that each element of a product sums: channels of what is transformed.</summary>
    public int Depth => Gradient ? Geometry.OutputChannels : PhaseChannels;

    /// <summary>Columns of a product: channels of the result.</summary>
    public int Columns => Gradient ? PhaseChannels : Geometry.OutputChannels;

    /// <summary>Whether the geometry is of this kind and its channels fill vectors.</summary>
    public static bool Fits(in ConvolutionGeometry g) =>
        g is
        {
            KernelHeight: 4, KernelWidth: 4, StrideHeight: 2, StrideWidth: 2, PaddingHeight: 1, PaddingWidth: 1, DilationHeight: 1,
            DilationWidth: 1, Batch: > 0
        }
        && g.InputHeight % 2 == 0 && g.InputWidth % 2 == 0 && g.InputChannels % Lanes.Width == 0 && g.OutputChannels % Lanes.Width == 0
        && g.InputChannels <= PanelMemory.ZeroCount;

    /// <summary>Image, row and column of a tile's first output.</summary>
    public (int Image, int Row, int Column) Place(int tile)
    {
        var (image, rest) = (tile / TilesOfImage, tile % TilesOfImage);
        return (image, rest / TilesWide * Outputs, rest % TilesWide * Outputs);
    }

    /// <summary>
    /// Tiles that a task takes at a time: whole images, so that no two tasks add to the same pixel, about as many as
    /// <paramref name="most"/>, and as many tasks as the threads can share evenly.
    /// </summary>
    public int Block(int most, int threads)
    {
        var wanted = Math.Clamp(most / TilesOfImage, 1, Geometry.Batch);
        var (best, least) = (wanted, long.MaxValue);
        for (var images = Math.Min(Geometry.Batch, wanted * 3 / 2); images >= (wanted + 1) / 2; images--)
        {
            // The images that the busiest thread gets.
            var busiest = (long)MatrixProductBlocking.DivideUp(MatrixProductBlocking.DivideUp(Geometry.Batch, images), threads) * images;
            if (busiest < least)
                (best, least) = (images, busiest);
        }

        return best * TilesOfImage;
    }
}
