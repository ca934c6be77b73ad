namespace CrossModal.Kernels.Cpu;

/// <summary>
/// A convolution of kernel 4 and stride 2, or of kernel 3 and stride 1, as Winograd products. Input pixels whose padded coordinates leave
/// the same remainder by the stride form a phase; the convolution is the sum over the phases of convolutions with stride one: x[s·i + p −
/// padding] is pixel i of phase p, and its taps are w[s·t + p]. So stride 2 has four phases of 2×2 taps and stride 1 has one of 3×3. All
/// phases have the same tiles, and the products sum over phases and channels together.
/// </summary>
internal readonly struct WinogradPlan
{
    /// <param name="gradient">Whether the products make the input gradient by the transposes, not the value.</param>
    public WinogradPlan(in ConvolutionGeometry geometry, int outputs, bool gradient = false)
    {
        Geometry = geometry;
        Outputs = outputs;
        Gradient = gradient;
        TilesHigh = MatrixProductBlocking.DivideUp(geometry.OutputHeight, outputs);
        TilesWide = MatrixProductBlocking.DivideUp(geometry.OutputWidth, outputs);
    }

    public ConvolutionGeometry Geometry { get; }

    public int Stride => Geometry.StrideHeight;

    public int Phases => Stride * Stride;

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

    /// <summary>Whether the geometry is of one of the two kinds and its channels fill vectors.</summary>
    public static bool Fits(in ConvolutionGeometry g)
    {
        if (g.Batch == 0 || g.DilationHeight != 1 || g.DilationWidth != 1 || g.InputChannels % Lanes.Width != 0
            || g.OutputChannels % Lanes.Width != 0 || Math.Max(g.InputChannels, g.OutputChannels) > PanelMemory.ZeroCount)
            return false;
        var halves = g is
        {
            KernelHeight: 4, KernelWidth: 4, StrideHeight: 2, StrideWidth: 2, PaddingHeight: 1, PaddingWidth: 1
        } && g.InputHeight % 2 == 0 && g.InputWidth % 2 == 0;
        return halves || g is
        {
            KernelHeight: 3, KernelWidth: 3, StrideHeight: 1, StrideWidth: 1, PaddingHeight: <= 2, PaddingWidth: <= 2
        };
    }

    /// <summary>
    /// The plan of the input gradient. With stride one it is the value of a convolution of the output gradient, with the taps in reverse
    /// order.
    /// </summary>
    public static WinogradPlan OfInputGradient(in ConvolutionGeometry g, int outputs) =>
        g.StrideHeight > 1 ? new(g, outputs, gradient: true) : new(g.Turned(), outputs);

    /// <summary>Image, row and column of a tile's first output.</summary>
    public (int Image, int Row, int Column) Place(int tile)
    {
        var (image, rest) = (tile / TilesOfImage, tile % TilesOfImage);
        return (image, rest / TilesWide * Outputs, rest % TilesWide * Outputs);
    }

    /// <summary>
    /// Tiles that a task takes at a time, about as many as <paramref name="most"/>, and as many tasks as the threads can share evenly. They
    /// are whole images, so that no two tasks add to the same pixel; where nothing is added, an image of many tiles goes in rows of tiles.
    /// </summary>
    public int Block(int most, int threads)
    {
        var unit = Gradient || TilesOfImage <= most ? TilesOfImage : TilesWide;
        var units = Tiles / unit;
        var wanted = Math.Clamp(most / unit, 1, units);
        var (best, least) = (wanted, long.MaxValue);
        for (var count = Math.Min(units, wanted * 3 / 2); count >= (wanted + 1) / 2; count--)
        {
            // The units that the busiest thread gets.
            var busiest = (long)MatrixProductBlocking.DivideUp(MatrixProductBlocking.DivideUp(units, count), threads) * count;
            if (busiest < least)
                (best, least) = (count, busiest);
        }

        return best * unit;
    }
}
