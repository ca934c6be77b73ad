namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>
    /// Versions of the convolution kernels: a thread a result; tiles in float32; tiles on tensor cores, operands rounded to TF32; tiles on
    /// tensor cores of arrays of bfloat16.
    /// </summary>
    internal const int DirectConvolution = 1, TiledConvolution = 2, TensorFloat32Convolution = 3, BFloat16Convolution = 4;

    private static readonly string[] DirectConvolutions =
        ["convolution_1", "convolution_input_gradient_1", "convolution_weight_gradient_1"];

    public override void Convolution(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output) =>
        Convolve(ConvolutionForm.Value, geometry, input, weight, output);

    public override void ConvolutionInputGradient(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient) =>
        Convolve(ConvolutionForm.InputGradient, geometry, outputGradient, weight, inputGradient);

    public override void ConvolutionWeightGradient(
        in ConvolutionGeometry geometry, DeviceArray input, DeviceArray outputGradient, DeviceArray weightGradient) =>
        Convolve(ConvolutionForm.WeightGradient, geometry, input, outputGradient, weightGradient);

    /// <inheritdoc/>
    /// <remarks>
    /// Our kernels for bfloat16 do it as they write their results; after others it is a pass of its own.
    /// </remarks>
    public override void ConvolutionAddLeakyRelu(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray bias,
        double slope, DeviceArray output)
    {
        if (bias.Type != ElementType.Float32)
        {
            base.ConvolutionAddLeakyRelu(geometry, input, weight, bias, slope, output);
            return;
        }

        Convolve(ConvolutionForm.Value, geometry, new(input, weight, output), new Epilogue { Bias = bias, Slope = (float)slope });
    }

    /// <summary>What the convolution at hand is asked for besides its sums, if anything.</summary>
    private Epilogue _epilogue;

    /// <summary>A bias and a LeakyReLU behind it, or the statistics of the result.</summary>
    private record struct Epilogue
    {
        public DeviceArray Bias { get; init; }

        public float Slope { get; init; }

        public ResultStatistics Statistics { get; set; }

        /// <summary>Whether the kernel that wrote the result has done it.</summary>
        public bool Applied { get; set; }
    }

    private void Convolve(ConvolutionForm form, in ConvolutionGeometry geometry, in ProductArrays arrays, in Epilogue epilogue)
    {
        _epilogue = epilogue;
        try
        {
            Convolve(form, geometry, arrays.A, arrays.B, arrays.Result);
            FinishConvolution(geometry, arrays.Result);
        }
        finally
        {
            _epilogue = default;
        }
    }

    /// <summary>By a pass of its own what the kernel that wrote the result has not done.</summary>
    private void FinishConvolution(in ConvolutionGeometry geometry, DeviceArray result)
    {
        if (_epilogue.Applied)
            return;
        if (!_epilogue.Bias.IsNone)
            AddBias(BinaryOperation.AddLeakyRelu, geometry, _epilogue.Bias, _epilogue.Slope, result);
        else if (!_epilogue.Statistics.Arrays.Mean.IsNone)
            Statistics(result, _epilogue.Statistics);
        _epilogue.Applied = true;
    }

    /// <summary>Of operands of different types, the one that is not bfloat16 is rounded to it.</summary>
    private void Convolve(ConvolutionForm form, in ConvolutionGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray result)
    {
        using NarrowCopy left = NarrowedBeside(b, a), right = NarrowedBeside(a, b);
        if (Narrow(left.Array) == 1 && !ConvolutionPlan.Serves(form, geometry))
            ConvolveWide(form, geometry, new(left.Array, right.Array, result));
        else
            ChooseConvolution(form, geometry, left.Array, right.Array, result);
    }

    /// <summary>
    /// On copies in float32, for what the kernels for bfloat16 do not serve: indices beyond 32 bits, and phases beyond number.
    /// </summary>
    private void ConvolveWide(ConvolutionForm form, in ConvolutionGeometry geometry, in ProductArrays arrays)
    {
        var (a, b, result) = arrays;
        var room = Scratch.Allocate((a.Count + b.Count + result.Count) * sizeof(float), "a convolution in float32");
        var wide = new DeviceArray(room.Address, a.Count + b.Count + result.Count, ElementType.Float32);
        var (wideA, wideB) = (wide.Slice(0, a.Count), wide.Slice(a.Count, b.Count));
        var wideResult = wide.Slice(a.Count + b.Count, result.Count);
        Convert(a, wideA);
        Convert(b, wideB);
        ChooseConvolution(form, geometry, wideA, wideB, result.Type == ElementType.Float32 ? result : wideResult);
        if (result.Type != ElementType.Float32)
            Convert(wideResult, result);
        Scratch.Release(room);
    }

    /// <summary>The version that tiles, in a precision that the device can.</summary>
    internal static int ConvolutionIn(Precision precision) => precision switch
    {
        Precision.BFloat16 => BFloat16Convolution,
        Precision.TensorFloat32 => TensorFloat32Convolution,
        _ => TiledConvolution,
    };

    /// <summary>The tiles of such a version.</summary>
    internal static ConvolutionTiles TilesOf(int version) => version switch
    {
        BFloat16Convolution => ConvolutionTiles.BFloat16,
        TensorFloat32Convolution => ConvolutionTiles.TensorFloat32,
        _ => ConvolutionTiles.Float32,
    };

    /// <summary>One of the three convolutions by a kernel of <c>kernels/</c>.</summary>
    /// <param name="version">One for the operands' type; <see cref="DirectConvolution"/> takes float32 alone.</param>
    /// <param name="tile">Which of <see cref="TilesOf"/>; -1 for what seems best.</param>
    /// <param name="slices">Into how many parts the sums are cut; 0 for what seems best.</param>
    internal void HandwrittenConvolution(ConvolutionForm form, in ConvolutionGeometry geometry, in ProductArrays arrays, int version,
        int tile = -1, int slices = 0)
    {
        var result = arrays.Result;
        if (result.Count == 0)
            return;
        if (version == DirectConvolution)
        {
            Kernel("convolution", DirectConvolutions[(int)form]).Value(new ConvolutionArguments(geometry)).Array(arrays.A)
                .Array(arrays.B).Array(result).Run(Blocks(result.Count), BlockSize);
            return;
        }

        var tiles = TilesOf(version);
        var plan = ConvolutionPlan.Of(form, geometry, tiles, Gpu, tile, slices);
        var joins = plan.Slices > 1 && version == BFloat16Convolution && plan.JoinsSlices(form, geometry, tiles);
        using var sliced = Sliced(result, plan.Slices, "convolution");
        if (plan.Slices == 1 || joins)
        {
            RunConvolution(form, geometry, arrays, tiles, plan, joins ? sliced.Target : DeviceArray.None);
            return;
        }

        // What slices are added to comes after their sum.
        var asked = _epilogue;
        _epilogue = default;
        try
        {
            RunConvolution(form, geometry, arrays with { Result = sliced.Target }, tiles, plan, DeviceArray.None);
            sliced.Sum();
        }
        finally
        {
            _epilogue = asked;
        }
    }

    /// <param name="parts">Where slices are written that the launch itself joins; none where there are none.</param>
    private void RunConvolution(ConvolutionForm form, in ConvolutionGeometry geometry, in ProductArrays arrays, ConvolutionTiles tiles,
        in ConvolutionPlan plan, DeviceArray parts)
    {
        var tile = tiles.Tiles[plan.Tile];
        var narrow = tiles == ConvolutionTiles.BFloat16;
        var joined = parts.IsNone ? 0 : checked((int)(plan.Grid.Count / plan.Slices));
        using var statistics = narrow ? StatisticsOf(form, geometry, arrays.Result, tile.Rows, plan.Grid.Y, joined) : default;
        var kernel = Kernel(tiles.Family, tiles.Kernel(form, plan.Tile, plan.Turned))
            .Value(new ConvolutionArguments(geometry)).Array(arrays.A).Array(arrays.B).Array(arrays.Result)
            .Value(plan.SliceSteps).Value(ConvolutionVectors(form, geometry, arrays));
        if (narrow)
        {
            kernel.Array(_epilogue.Bias).Value(_epilogue.Slope).Array(parts)
                .Array(joined == 0 ? DeviceArray.None : ZeroCounters(joined));
            statistics.AddTo(kernel);
            _epilogue.Applied = statistics.Says || _epilogue.Statistics.Arrays.Mean.IsNone;
        }

        kernel.Run(plan.Grid, tile.Threads, tile.SharedBytes);
    }

    /// <summary>
    /// Which operands may be moved 16 bytes and which results four elements at a time (vector_a = 1, vector_b = 2, vector_result = 4 of
    /// kernels/convolution_product.cuh): those whose address is a multiple of as much, and whose elements that lie together come in such
    /// groups. And whether the result is bfloat16 (narrow_result = 8).
    /// </summary>
    private static int ConvolutionVectors(ConvolutionForm form, in ConvolutionGeometry g, in ProductArrays arrays)
    {
        var (a, b, result) = arrays;
        var taps = (long)g.KernelHeight * g.KernelWidth * g.InputChannels;
        var flags = form switch
        {
            ConvolutionForm.Value =>
                Operand(a, g.InputChannels, 1) | Operand(b, taps, 2) | Fours(result, g.OutputChannels),
            ConvolutionForm.InputGradient =>
                Operand(a, g.OutputChannels, 1) | Operand(b, g.InputChannels, 2) | Fours(result, g.InputChannels),

            // The product's first matrix is the output gradient here, the second the input.
            _ => Operand(b, g.OutputChannels, 1) | Operand(a, g.InputChannels, 2) | Fours(result, taps),
        };
        return flags | Narrow(result) << 3;

        static int Operand(DeviceArray array, long together, int flag) => MatrixProductArguments.Vectors(array, together) ? flag : 0;

        static int Fours(DeviceArray array, long together) => InVectors(array) && together % 4 == 0 ? 4 : 0;
    }
}
