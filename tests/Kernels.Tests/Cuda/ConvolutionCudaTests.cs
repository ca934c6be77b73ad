using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// Every version of the convolution kernels on the simulator against the reference, operands rounded as the version's precision does.
/// </summary>
public class ConvolutionCudaTests
{
    /// <summary>
    /// Of the sum of absolute products: float32 errs by about √K · 2⁻²⁴ of it where signs are random, and K is 2400 at most here. Rounding
    /// of operands is no part of it: the reference gets them rounded.
    /// </summary>
    private const double Tolerance = 5e-6;

    private static readonly ConvolutionForm[] Forms = Enum.GetValues<ConvolutionForm>();

    /// <summary>The geometries of the op cases, and some that leave no tile full or cross it in every direction.</summary>
    internal static readonly ConvolutionGeometry[] Geometries =
    [
        new(2, new(8, 4, 2, 1), new(8, 4, 2, 1), 3, 5),
        new(1, new(6, 4, 2, 1), new(10, 4, 2, 1), 5, 3),
        new(1, new(8, 4, 2, 1), new(8, 4, 2, 1), 16, 32),
        new(2, new(5, 3, 1, 1), new(5, 3, 1, 1), 3, 4),
        new(1, new(11, 3, 2, 3, 3), new(9, 3, 2, 3, 3), 2, 3),      // stride ≠ dilation
        new(2, new(7, 2, 3, 1, 2), new(8, 2, 3, 1, 2), 3, 2),
        new(2, new(12, 3, 4, 0, 2), new(12, 3, 4, 0, 2), 4, 4),     // stride and dilation share a divisor: most phases see no tap
        new(2, new(9, 2, 3), new(9, 2, 4), 4, 3),                   // stride over kernel
        new(1, new(4, 1, 1, 2), new(9, 5, 1, 2), 3, 5),
        new(2, new(5, 3), new(7, 2), 2, 3),
        new(1, new(7, 3, 2, 1), new(6, 2, 1, 0, 2), 3, 2),
        new(3, new(1, 1), new(1, 1), 17, 33),                       // one pixel
        new(2, new(1, 3, 1, 1), new(1, 3, 1, 1), 5, 3),
        new(2, new(4, 1), new(4, 1), 33, 5),
        new(2, new(5, 1, 2), new(5, 1, 2), 3, 3),
        new(1, new(2, 1, 1, 2), new(3, 1, 1, 2), 3, 2),             // outputs of nothing but zeros
        new(1, new(3, 2, 1, 3), new(3, 2, 1, 3), 2, 3),
        new(1, new(6, 3, 2), new(8, 3, 2), 3, 4),                   // rows that no window reaches
        new(2, new(4, 4), new(4, 4), 17, 1),                        // the kernel covers the image: a discriminator's last layer
        new(2, new(6, 3, 1, 1), new(6, 3, 1, 1), 1, 1),
        new(0, new(4, 3, 1, 1), new(4, 3, 1, 1), 3, 5),             // no images
        new(2, new(4, 4), new(4, 4), 16, 24),
        new(2, new(1, 1), new(96, 32, 8), 1, 18),                   // a short-time Fourier transform
    ];

    [Theory]
    [InlineData(1, Precision.Float32)]
    [InlineData(2, Precision.Float32)]
    [InlineData(3, Precision.TensorFloat32)]
    [InlineData(4, Precision.BFloat16)]
    public void EveryVersionMatchesTheReference(int version, Precision precision)
    {
        using var check = new Check(precision);
        foreach (var geometry in Geometries)
        {
            foreach (var form in Forms)
                check.Compare(form, geometry, version);
        }
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.TensorFloat32)]
    [InlineData(Precision.BFloat16)]
    public void RandomGeometriesMatchTheReference(Precision precision)
    {
        using var check = new Check(precision);
        var random = new CountedRandom(4711);
        int[] channels = [1, 2, 3, 4, 5, 8, 64, 17];
        for (var i = 0; i < 25; i++)
        {
            int height = 1 + random.NextInt(8), width = 1 + random.NextInt(9);
            int paddingHeight = random.NextInt(3), paddingWidth = random.NextInt(3);
            int dilationHeight = 1 + random.NextInt(4), dilationWidth = 1 + random.NextInt(4);
            var kernelHeight = 1 + random.NextInt(Math.Min(4, (height + 2 * paddingHeight - 1) / dilationHeight + 1));
            var kernelWidth = 1 + random.NextInt(Math.Min(5, (width + 2 * paddingWidth - 1) / dilationWidth + 1));
            var geometry = new ConvolutionGeometry(1 + random.NextInt(3),
                new(height, kernelHeight, 1 + random.NextInt(4), paddingHeight, dilationHeight),
                new(width, kernelWidth, 1 + random.NextInt(4), paddingWidth, dilationWidth),
                channels[random.NextInt(8)], channels[random.NextInt(8)]);
            foreach (var form in Forms)
                check.Compare(form, geometry, check.Version, slices: i % 3);
        }
    }

    public static TheoryData<Precision, int> Tiles
    {
        get
        {
            var data = new TheoryData<Precision, int>();
            for (var tile = 0; tile < ConvolutionTiles.Float32.Tiles.Length; tile++)
                data.Add(Precision.Float32, tile);
            for (var tile = 0; tile < ConvolutionTiles.TensorFloat32.Tiles.Length; tile++)
                data.Add(Precision.TensorFloat32, tile);
            for (var tile = 0; tile < ConvolutionTiles.BFloat16.Tiles.Length; tile++)
                data.Add(Precision.BFloat16, tile);

            return data;
        }
    }

    /// <summary>Each tile where there is more than one of it along rows and columns in each form, and more than one step.</summary>
    [Theory]
    [MemberData(nameof(Tiles))]
    public void EveryTileCrossesItsBorders(Precision precision, int tile)
    {
        using var check = new Check(precision);
        var shape = check.Tiles.Tiles[tile];
        var columns = shape.Columns;
        foreach (var odd in new[] { 0, 1 })
        {
            // A row of pixels, three taps of it: as many output pixels as rows of the tile and a few more.
            var value = new ConvolutionGeometry(1, new(1, 1), new(shape.Rows + 9, 3, 1, 1), 8 + odd, columns + 4 + odd);
            check.Compare(ConvolutionForm.Value, value, check.Version, tile);
            var gradient = new ConvolutionGeometry(1, new(2, 2, 2, 1), new(2 * shape.Rows + 5, 4, 2, 1), columns + 4 + odd, 12 + odd);
            check.Compare(ConvolutionForm.InputGradient, gradient, check.Version, tile);
            var weights = new ConvolutionGeometry(2, new(5, 2, 1, 1), new(6, 2, 1, 1), (columns + 12) / 4 + odd, shape.Rows + 4 + odd);
            check.Compare(ConvolutionForm.WeightGradient, weights, check.Version, tile);
            if (shape.Turned)
            {
                var turned = new ConvolutionGeometry(2, new(5, 2, 1, 1), new(6, 2, 1, 1), shape.Rows / 4 + 4 + odd, 3 - odd);
                Assert.True(ConvolutionPlan.Of(ConvolutionForm.WeightGradient, turned, check.Tiles, check.Device, tile).Turned);
                check.Compare(ConvolutionForm.WeightGradient, turned, check.Version, tile);
            }
        }
    }

    /// <summary>
    /// The input gradient of few channels: strips with and without a rest, kernels and strides that leave pixels out, results of both
    /// types.
    /// </summary>
    [Fact]
    public void FewChannelsAreGatheredFromProductsOfAllTaps()
    {
        using var check = new Check(Precision.BFloat16);
        foreach (var geometry in new ConvolutionGeometry[]
                 {
                     new(2, new(16, 4, 2, 1), new(64, 4, 2, 1), 3, 64), new(1, new(9, 4, 2, 1), new(7, 4, 2, 1), 3, 24),
                     new(2, new(6, 3, 1, 1), new(9, 4, 3, 0), 4, 8), new(1, new(11, 2, 3, 0, 2), new(10, 4, 1, 2), 1, 72),
                     new(1, new(40, 4, 2, 1), new(20, 4, 2, 1), 3, 16), new(1, new(5, 2), new(5, 4), 2, 8),
                 })
        {
            check.Compare(ConvolutionForm.InputGradient, geometry, Check.FewChannels);
            check.Compare(ConvolutionForm.InputGradient, geometry, Check.FewChannels, shifts: 4);
            check.Compare(ConvolutionForm.InputGradient, geometry, version: 0);
        }

        // Results of bfloat16, which are rounded once.
        check.Compare(ConvolutionForm.InputGradient, new(2, new(16, 4, 2, 1), new(16, 4, 2, 1), 3, 64), Check.FewChannels,
            result: ElementType.BFloat16);
        check.Compare(ConvolutionForm.Value, new(2, new(16, 4, 2, 1), new(16, 4, 2, 1), 16, 64), check.Version, slices: 3,
            result: ElementType.BFloat16);
    }

    /// <summary>More phases than a grid has room for.</summary>
    [Fact]
    public void WhatNoTileServesIsDoneOnCopiesInFloat32()
    {
        using var check = new Check(Precision.BFloat16);
        check.Compare(ConvolutionForm.InputGradient, new(1, new(600, 1, 300), new(600, 1, 300), 1, 1), version: 0);
    }

    /// <summary>Each operand in turn, and all together, start one element past an aligned address.</summary>
    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.TensorFloat32)]
    [InlineData(Precision.BFloat16)]
    public void ArraysMayStartAnywhere(Precision precision)
    {
        using var check = new Check(precision);
        var geometry = new ConvolutionGeometry(1, new(6, 4, 2, 1), new(6, 4, 2, 1), 8, 4);
        for (var shifts = 1; shifts < 8; shifts++)
        {
            foreach (var form in Forms)
                check.Compare(form, geometry, check.Version, shifts: shifts);
        }
    }

    /// <summary>
    /// Slices with whole steps and without, more slices than one of the phases has steps, and every count of them that makes a difference.
    /// </summary>
    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void SumsMayBeCutIntoSlices(Precision precision)
    {
        using var check = new Check(precision);
        ConvolutionGeometry[] geometries =
            [new(3, new(8, 3, 2, 1), new(7, 3, 2, 1), 12, 20), new(2, new(6, 4, 1, 1), new(5, 3, 1, 1), 5, 7)];
        foreach (var geometry in geometries)
        {
            foreach (var form in Forms)
            {
                foreach (var slices in new[] { 2, 3, 5 })
                    check.Compare(form, geometry, check.Version, slices: slices);
            }
        }

        // More slices than are summed by one thread a result.
        var many = new ConvolutionGeometry(20, new(8, 4, 2, 1), new(8, 4, 2, 1), 3, 4);
        check.Compare(ConvolutionForm.WeightGradient, many, check.Version, slices: 10);
        Assert.Equal(0, check.LiveBytes);
    }

    /// <summary>
    /// What the estimate is for, at the layers of preset paper: no wide tiles for three channels, no idle device for few results, no slices
    /// without need.
    /// </summary>
    [Fact]
    public void ThePlanFitsTheLayer()
    {
        var device = new GpuProperties("a card", 9, 0, 132, 232448, 1L << 36, 1_700_000, 12040);
        var image = new ConvolutionGeometry(192, new(64, 4, 2, 1), new(64, 4, 2, 1), 3, 64);
        var middle = new ConvolutionGeometry(192, new(32, 4, 2, 1), new(32, 4, 2, 1), 64, 128);
        var logit = new ConvolutionGeometry(192, new(4, 4), new(4, 4), 512, 1);
        foreach (var tiles in new[] { ConvolutionTiles.Float32, ConvolutionTiles.TensorFloat32, ConvolutionTiles.BFloat16 })
        {
            ConvolutionPlan Plan(ConvolutionForm form, ConvolutionGeometry g) => ConvolutionPlan.Of(form, g, tiles, device);
            Assert.Equal(tiles.Tiles.Min(tile => tile.Columns), tiles.Tiles[Plan(ConvolutionForm.InputGradient, image).Tile].Columns);
            Assert.Equal(tiles.Tiles.Min(tile => tile.Columns), tiles.Tiles[Plan(ConvolutionForm.Value, logit).Tile].Columns);
            Assert.Equal(128, tiles.Tiles[Plan(ConvolutionForm.Value, middle).Tile].Columns);
            Assert.Equal(1, Plan(ConvolutionForm.Value, middle).Slices);
            Assert.Equal(1, Plan(ConvolutionForm.InputGradient, middle).Slices);
            foreach (var plan in new[]
                     {
                         Plan(ConvolutionForm.Value, logit), Plan(ConvolutionForm.WeightGradient, image),
                             Plan(ConvolutionForm.WeightGradient, middle),
                     })
            {
                Assert.True(plan.Slices > 1);
                Assert.InRange(plan.Grid.Count, 100, 2 * 132);
            }
        }

        Assert.True(ConvolutionPlan.Of(ConvolutionForm.WeightGradient, logit, ConvolutionTiles.Float32, device).Turned);

        // The widest tiles have no room on an older card; asked for all the same, they are refused.
        var old = device with { Major = 7, SharedBytesPerBlock = 49152 };
        Assert.NotEqual(128,
            ConvolutionTiles.Float32.Tiles[ConvolutionPlan.Of(ConvolutionForm.Value, middle, ConvolutionTiles.Float32, old).Tile].Columns);
        Assert.Throws<CudaException>(() => ConvolutionPlan.Of(ConvolutionForm.Value, middle, ConvolutionTiles.Float32, old, tile: 0));
    }

    /// <summary>Indices that 32 bits cannot hold are left to the version with a thread a result.</summary>
    [Fact]
    public void TilesLeaveHugeArraysAlone()
    {
        var huge = new ConvolutionGeometry(40000, new(256, 1), new(256, 1), 3, 4);
        Assert.False(ConvolutionPlan.Serves(ConvolutionForm.WeightGradient, huge));
        Assert.False(ConvolutionPlan.Serves(ConvolutionForm.Value, huge));
        Assert.False(ConvolutionPlan.Serves(ConvolutionForm.Value, new ConvolutionGeometry(1, new(9, 4), new(9, 4), 1 << 29, 1)));
        var scattered = new ConvolutionGeometry(1, new(999, 1, 300), new(999, 1, 300), 1, 1);
        Assert.False(ConvolutionPlan.Serves(ConvolutionForm.InputGradient, scattered));
    }

    /// <summary>
    /// What the backend itself does with the discriminator's and the generator's layers, an eighth as wide, in each precision.
    /// </summary>
    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.TensorFloat32)]
    [InlineData(Precision.BFloat16)]
    public void TheBackendItselfMatchesTheReference(Precision precision)
    {
        using var check = new Check(precision);
        foreach (var geometry in new ConvolutionGeometry[]
                 {
                     new(2, new(16, 4, 2, 1), new(16, 4, 2, 1), 3, 8), new(2, new(8, 4, 2, 1), new(8, 4, 2, 1), 8, 16),
                     new(2, new(4, 1), new(4, 1), 72, 64), new(3, new(4, 4), new(4, 4), 64, 1),
                 })
        {
            foreach (var form in Forms)
                check.Compare(form, geometry, version: 0);
        }
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.TensorFloat32)]
    public void TheSameNumbersGiveTheSameBits(Precision precision)
    {
        var geometry = new ConvolutionGeometry(4, new(8, 4, 2, 1), new(8, 4, 2, 1), 5, 9);
        foreach (var form in Forms)
        {
            float[]? first = null;
            for (var threads = 1; threads <= 2; threads++)
            {
                using var check = new Check(precision, threads);
                var result = check.Result(form, geometry, check.Version, slices: 3);
                Assert.Equal(first ??= result, result);
            }
        }
    }

    [Fact]
    public void AllocatesNothingOnceWarm()
    {
        using var check = new Check(Precision.Float32);
        Assert.Equal(0, check.AllocatedOnceWarm(new ConvolutionGeometry(3, new(4, 4, 2, 1), new(4, 4, 2, 1), 8, 4)));
    }

    /// <summary>A backend on the simulator, and the comparison of one convolution on it with the reference.</summary>
    private sealed class Check(Precision precision, int threads = 2) : IDisposable
    {
        private readonly CudaBackend _backend =
            new(new SimulatedDriver(threads), new DeviceSettings
            {
                Precision = precision,
                MatrixProducts = KernelProvider.Handwritten,
                Convolutions = KernelProvider.Handwritten,
            });

        /// <summary>Stands for the version that is not of tiles.</summary>
        public const int FewChannels = 5;

        /// <summary>The version that this precision is there for.</summary>
        public int Version => CudaBackend.ConvolutionIn(precision);

        public ConvolutionTiles Tiles => CudaBackend.TilesOf(Version);

        public GpuProperties Device => _backend.Gpu;

        public long LiveBytes => _backend.Memory.LiveBytes;

        /// <param name="version">0 for the backend's own choice.</param>
        /// <param name="shifts">Bits 0 to 2: whether the operands and the result start one element past an aligned address.</param>
        public void Compare(ConvolutionForm form, ConvolutionGeometry g, int version, int tile = -1, int slices = 0, int shifts = 0,
            ElementType result = ElementType.Float32)
        {
            var (a, b, count) = Numbers(form, g);
            var actual = Run(form, g, a, b, count, version, tile, slices, shifts, result);
            Func<float, double> round = (version == 0 ? Version : version) switch
            {
                CudaBackend.TensorFloat32Convolution => Rounding.ToTf32,
                CudaBackend.BFloat16Convolution or FewChannels => Rounding.ToBf16,
                _ => x => x,
            };
            var (left, right) = (System.Array.ConvertAll(a, x => round(x)), System.Array.ConvertAll(b, x => round(x)));
            var expected = Reference(form, g, left, right, count);
            var scale = Reference(form, g, System.Array.ConvertAll(left, Math.Abs), System.Array.ConvertAll(right, Math.Abs), count);
            for (var i = 0; i < count; i++)
            {
                var rounded = result == ElementType.BFloat16 ? Math.Abs(expected[i]) / (1 << 8) : 0;
                var used = Math.Abs(actual[i] - expected[i]) / (Tolerance * scale[i] + rounded + 1e-30);
                Assert.True(used <= 1, $"version {version} of {form}, {g}, tile {tile}, slices {slices}, shifts {shifts}: "
                    + $"element {i} is {actual[i]}, expected {expected[i]}; {used:0.0} of the tolerance");
            }
        }

        public float[] Result(ConvolutionForm form, ConvolutionGeometry g, int version, int slices)
        {
            var (a, b, count) = Numbers(form, g);
            return Run(form, g, a, b, count, version, -1, slices, 0);
        }

        public long AllocatedOnceWarm(ConvolutionGeometry g)
        {
            var arrays = new List<DeviceBuffer>();
            var (x, w, y) = (Array(new float[g.InputCount], 0, arrays), Array(new float[g.WeightCount], 0, arrays),
                Array(new float[g.OutputCount], 0, arrays));
            long before = 0;
            for (var i = 0; i < 4; i++)
            {
                if (i == 2)
                    before = GC.GetAllocatedBytesForCurrentThread();
                _backend.Convolution(g, x, w, y);
                _backend.ConvolutionInputGradient(g, y, w, x);
                _backend.ConvolutionWeightGradient(g, x, y, w);
                _backend.HandwrittenConvolution(ConvolutionForm.WeightGradient, g, new(x, y, w), Version, slices: 2);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        public void Dispose() => _backend.Dispose();

        private static (float[] A, float[] B, long Count) Numbers(ConvolutionForm form, in ConvolutionGeometry g)
        {
            var random = new CountedRandom((ulong)g.InputCount + 77 * (ulong)form);
            return form switch
            {
                ConvolutionForm.Value => (Numbers(random, g.InputCount), Numbers(random, g.WeightCount), g.OutputCount),
                ConvolutionForm.InputGradient => (Numbers(random, g.OutputCount), Numbers(random, g.WeightCount), g.InputCount),
                _ => (Numbers(random, g.InputCount), Numbers(random, g.OutputCount), g.WeightCount),
            };
        }

        private static float[] Numbers(CountedRandom random, long count)
        {
            var numbers = new float[count];
            for (var i = 0; i < count; i++)
                numbers[i] = random.NextUniform(-1, 1);
            return numbers;
        }

        private float[] Run(ConvolutionForm form, ConvolutionGeometry g, float[] a, float[] b, long count, int version, int tile,
            int slices, int shifts, ElementType resultType = ElementType.Float32)
        {
            // What the result held before must not matter: it is filled with numbers that no sum survives.
            var before = new float[count];
            before.AsSpan().Fill(float.NaN);
            var buffers = new List<DeviceBuffer>();
            var type = precision == Precision.BFloat16 && version != CudaBackend.DirectConvolution
                ? ElementType.BFloat16 : ElementType.Float32;
            var (first, second, result) = (Array(a, shifts & 1, buffers, type), Array(b, shifts >> 1 & 1, buffers, type),
                Array(before, shifts >> 2 & 1, buffers, resultType));
            if (version == FewChannels)
                Assert.True(_backend.FewChannelInputGradient(g, new(first, second, result)));
            else if (version > 0)
                _backend.HandwrittenConvolution(form, g, new(first, second, result), version, tile, slices);
            else if (form == ConvolutionForm.Value)
                _backend.Convolution(g, first, second, result);
            else if (form == ConvolutionForm.InputGradient)
                _backend.ConvolutionInputGradient(g, first, second, result);
            else
                _backend.ConvolutionWeightGradient(g, first, second, result);
            if (resultType == ElementType.BFloat16)
            {
                var narrow = new BFloat16[count];
                _backend.Download<BFloat16>(result, narrow);
                before = System.Array.ConvertAll(narrow, value => (float)value);
            }
            else
                _backend.Download<float>(result, before);
            buffers.ForEach(_backend.Memory.Release);
            return before;
        }

        private DeviceArray Array(float[] values, int shift, List<DeviceBuffer> buffers, ElementType type = ElementType.Float32)
        {
            var buffer = _backend.Memory.Allocate((values.Length + shift) * sizeof(float), "test");
            buffers.Add(buffer);
            var array = new DeviceArray(buffer.Address, values.Length + shift, type).Slice(shift, values.Length);
            if (type == ElementType.BFloat16)
                _backend.Upload<BFloat16>(BFloat16.Round(values), array);
            else
                _backend.Upload<float>(values, array);
            return array;
        }

        private static unsafe double[] Reference(ConvolutionForm form, in ConvolutionGeometry g, double[] a, double[] b, long count)
        {
            using var reference = new ReferenceBackend();
            var values = new double[count];
            fixed (double* left = a, right = b, result = values)
            {
                var (first, second) = (new DeviceArray((nint)left, a.Length, ElementType.Float64),
                    new DeviceArray((nint)right, b.Length, ElementType.Float64));
                var sums = new DeviceArray((nint)result, count, ElementType.Float64);
                if (form == ConvolutionForm.Value)
                    reference.Convolution(g, first, second, sums);
                else if (form == ConvolutionForm.InputGradient)
                    reference.ConvolutionInputGradient(g, first, second, sums);
                else
                    reference.ConvolutionWeightGradient(g, first, second, sums);
            }

            return values;
        }
    }
}
