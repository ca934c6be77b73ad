namespace CrossModal.Kernels.Cuda;

/// <summary>
/// Before the kernels for warpgroups compete, each is run once on the GPU at hand beside one that has proved itself. Nothing else there
/// looks at their numbers, and a fast wrong one would be chosen.
/// </summary>
internal sealed unsafe partial class CudaBackend
{
    /// <summary>
    /// Of sums of some hundred products of numbers between -1 and 1. Float32 in another order differs by a thousandth of it.
    /// </summary>
    private const float AllowedDifference = 1e-2f;

    private int[]? _wgmmaTiles;
    private string? _wgmmaProblem;

    /// <summary>
    /// The tiles that compete where products are of bfloat16: none but on compute capability 9.0, none where the environment variable
    /// <c>CROSSMODAL_WGMMA</c> is <c>off</c>, and none whose numbers are wrong. Not for the middle of a capture.
    /// </summary>
    /// <exception cref="BadInputException"><c>CROSSMODAL_WGMMA</c> is something else.</exception>
    private int[] WgmmaTiles(Precision precision) => Environment.GetEnvironmentVariable("CROSSMODAL_WGMMA") switch
    {
        "off" => [],
        null or "" or "auto" when precision != Precision.BFloat16 || Precision != Precision.BFloat16 || !_timer.Measures => [],
        null or "" or "auto" => _wgmmaTiles ??=
        [
            .. Enumerable.Range(0, WgmmaTile.All.Count)
                .Where(tile => WgmmaTile.All[tile].RunsOn(Gpu) && (!_timer.OnDevice || Agrees(tile))),
        ],
        var other => throw new BadInputException($"CROSSMODAL_WGMMA is {other}; it is auto or off"),
    };

    private bool Agrees(int tile)
    {
        var columns = WgmmaTile.All[tile].Columns;

        // The convolution that this comes before may have asked for one.
        var asked = _epilogue;
        _epilogue = default;
        try
        {
            for (var form = 0; form < 4; form++)
            {
                var g = new MatrixProductGeometry(1, 72, columns + 8, 328, (form & 2) != 0, (form & 1) != 0);
                var version = EstimatedMatrixProductVersion(g, Precision.BFloat16);
                if (!Agree(WgmmaProductName(g, tile), ((long)g.M * g.K, (long)g.K * g.N, (long)g.M * g.N),
                    arrays => WgmmaMatrixProduct(g, arrays, tile, slices: 1),
                    arrays => HandwrittenMatrixProduct(g, arrays.A, arrays.B, arrays.Result, version)))
                    return false;
            }

            foreach (var form in Enum.GetValues<ConvolutionForm>())
            {
                const int few = 72, side = 6, kernel = 3;
                var g = new ConvolutionGeometry(1, new(side, kernel, 1, 1), new(side, kernel, 1, 1),
                    form == ConvolutionForm.InputGradient ? columns + 8 : few, form == ConvolutionForm.Value ? columns + 8 : few);
                var (input, weight, output) = ((long)side * side * g.InputChannels,
                    (long)kernel * kernel * g.InputChannels * g.OutputChannels, (long)side * side * g.OutputChannels);
                var counts = form switch
                {
                    ConvolutionForm.Value => (input, weight, output),
                    ConvolutionForm.InputGradient => (output, weight, input),
                    _ => (input, output, weight),
                };
                if (!Agree(WgmmaConvolutionName(form, tile), counts, arrays => WgmmaConvolution(form, g, arrays, tile, slices: 1),
                    arrays => HandwrittenConvolution(form, g, arrays, BFloat16Convolution)))
                    return false;
            }

            return true;
        }
        catch (CudaException error)
        {
            // A driver that is too old, for one.
            _wgmmaProblem = error.Message;
            return false;
        }
        finally
        {
            _epilogue = asked;
        }
    }

    private bool Agree(string kernel, (long A, long B, long Result) counts, Action<ProductArrays> ours, Action<ProductArrays> theirs)
    {
        var size = ElementType.BFloat16.Size();
        DeviceBuffer a = Scratch.Allocate(counts.A * size, kernel), b = Scratch.Allocate(counts.B * size, kernel),
            result = Scratch.Allocate(counts.Result * sizeof(float), kernel);
        try
        {
            var arrays = new ProductArrays(new(a.Address, counts.A, ElementType.BFloat16), new(b.Address, counts.B, ElementType.BFloat16),
                new(result.Address, counts.Result, ElementType.Float32));
            var random = new CountedRandom((ulong)counts.A);
            Upload<BFloat16>(Drawn(random, counts.A), arrays.A);
            Upload<BFloat16>(Drawn(random, counts.B), arrays.B);
            var expected = Computed(theirs, arrays);

            // What is not written then is no number.
            Fill(arrays.Result, double.NaN);
            var actual = Computed(ours, arrays);
            for (var i = 0; i < actual.Length; i++)
            {
                if (Math.Abs(actual[i] - expected[i]) <= AllowedDifference)
                    continue;
                _wgmmaProblem = $"{kernel} was wrong on this GPU: {actual[i]} for {expected[i]}";
                return false;
            }

            return true;
        }
        finally
        {
            Scratch.Release(a);
            Scratch.Release(b);
            Scratch.Release(result);
        }
    }

    private float[] Computed(Action<ProductArrays> product, in ProductArrays arrays)
    {
        product(arrays);
        var values = new float[arrays.Result.Count];
        Download<float>(arrays.Result, values);
        return values;
    }

    private static BFloat16[] Drawn(CountedRandom random, long count)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
            numbers[i] = random.NextUniform(-1, 1);
        return BFloat16.Round(numbers);
    }
}
