using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Convolutions whose result has few channels, the last layer of a generator and the gradient of a discriminator's input: one product gives
/// what each pixel of the source contributes to all taps and channels, which fill vectors together, and contributions are added up where
/// they belong.
/// </summary>
internal sealed unsafe partial class CpuBackend
{
    /// <summary>Under so many channels of the result a panel of the weight would leave too much of a vector empty.</summary>
    private const int FewChannels = 16;

    /// <summary>
    /// Rows of the result that are gathered at a time. With those that the kernel reaches over their number is no power of two, and planes
    /// do not share the same few places of the cache.
    /// </summary>
    private const int BandRows = 16;

    /// <summary>
    /// Whether the output has fewer channels than fill a vector and the convolution can be turned around, as a generator's last layer can.
    /// </summary>
    private static bool HasFewOutputs(in ConvolutionGeometry g) => g is
    {
        OutputChannels: < FewChannels, Batch: > 0, StrideHeight: 1, StrideWidth: 1, DilationHeight: 1, DilationWidth: 1
    } && g.PaddingHeight < g.KernelHeight && g.PaddingWidth < g.KernelWidth;

    /// <summary>
    /// The value as the input gradient of the convolution turned around: all taps of the few channels fill vectors together, and no patches
    /// are copied.
    /// </summary>
    private void ConvolveToFewOutputs(in ConvolutionGeometry g, Operand x, Operand w, Operand y)
    {
        var turned = _panels.Rent(g.WeightCount);
        try
        {
            if (w.Kind == OperandKind.BFloat16)
                TurnWeight(g, (ushort*)w.Address, (ushort*)turned.Address);
            else
                TurnWeight(g, (float*)w.Address, turned.Address);
            AddContributions(g.Turned(), x, new Operand(turned.Address, w.Kind), y);
        }
        finally
        {
            _panels.Return(turned);
        }
    }

    /// <summary>The weight of <see cref="ConvolutionGeometry.Turned"/>.</summary>
    private static void TurnWeight<T>(in ConvolutionGeometry g, T* weight, T* turned) where T : unmanaged
    {
        var (taps, inputs, outputs) = (g.KernelHeight * g.KernelWidth, g.InputChannels, g.OutputChannels);
        for (var output = 0; output < outputs; output++)
        {
            for (var tap = taps - 1; tap >= 0; tap--)
            {
                for (var input = 0; input < inputs; input++)
                    turned[((long)input * taps + tap) * outputs + output] = *weight++;
            }
        }
    }

    /// <summary>The input gradient of images with few channels.</summary>
    private void AddContributions(in ConvolutionGeometry g, Operand dy, Operand w, Operand dx)
    {
        if (g is { StrideHeight: 1, StrideWidth: 1, DilationHeight: 1, DilationWidth: 1 })
        {
            var bands = MatrixProductBlocking.DivideUp(g.InputHeight, BandRows);
            _workers.Run(new GatherBandsBody(this, g, dy, w, dx, bands), checked(g.Batch * bands), 1);
            return;
        }

        // Whole images side by side where there are enough of them, each on one thread; else one after the other on all threads.
        var body = new ScatterImagesBody(this, g, dy, w, dx);
        if (g.Batch >= 2 * Threads)
            _workers.Run(body, g.Batch, 1);
        else
            body.Run(0, g.Batch);
    }

    /// <summary>
    /// With stride and dilation 1: contributions [taps · channels, pixels] = (outputGradient · weight)ᵀ, a plane for each tap and channel.
    /// Sixteen neighboring pixels of a channel are the sum of one vector of each of its planes, and are then put between the other
    /// channels. An index is a band of rows of an image, whose planes stay in the second-level cache.
    /// </summary>
    private readonly struct GatherBandsBody(CpuBackend backend, ConvolutionGeometry g, Operand dy, Operand w, Operand dx, int bands)
        : IRangeBody
    {
        public void Run(int first, int end)
        {
            var patch = checked(g.KernelHeight * g.KernelWidth * g.InputChannels);
            var most = checked(Math.Min(BandRows + g.KernelHeight - 1, g.OutputHeight) * g.OutputWidth);
            var (contributions, line) = ((long)most * patch, checked(g.InputWidth * g.InputChannels));

            // Vectors of the outermost pixels reach over the planes' ends.
            var over = MatrixProductBlocking.RoundUp(g.KernelWidth + Lanes.Width, Lanes.Width);
            var narrow = dx.Kind == OperandKind.BFloat16;
            var buffer = backend._panels.Rent(contributions + 2 * over + (narrow ? BandRows * line : 0));
            try
            {
                var planes = buffer.Address + over;
                for (var task = first; task < end; task++)
                {
                    var (image, top) = (task / bands, task % bands * BandRows);
                    var rows = new Part(top, Math.Min(BandRows, g.InputHeight - top));

                    // Input row i and tap k meet at output row i + padding − k.
                    var low = Math.Max(0, top + g.PaddingHeight - g.KernelHeight + 1);
                    var high = Math.Min(g.OutputHeight, top + rows.Count + g.PaddingHeight);
                    var source = new Part(low, Math.Max(0, high - low));
                    var product = new MatrixProductGeometry(1, patch, source.Count * g.OutputWidth, g.OutputChannels, true, true);
                    if (source.Count > 0)
                        backend.MultiplyMatrices(product, w,
                            dy + ((long)image * g.OutputHeight + low) * g.OutputWidth * g.OutputChannels, planes);
                    var result = dx + ((long)image * g.InputHeight + top) * line;
                    var sums = narrow ? planes + contributions + over : (float*)result.Address;
                    Gather(planes, source, rows, sums);
                    if (narrow)
                        ProductSums.Round(sums, (BFloat16*)result.Address, rows.Count * line);
                }
            }
            finally
            {
                backend._panels.Return(buffer);
            }
        }

        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Gather(float* planes, Part source, Part rows, float* result)
        {
            var pixels = source.Count * g.OutputWidth;
            var (width, channels, taps) = (g.InputWidth, g.InputChannels, g.KernelWidth);
            var inside = stackalloc float[taps * Lanes.Width];
            var sums = stackalloc float[FewChannels * Lanes.Width];
            for (var left = 0; left < width; left += Lanes.Width)
            {
                // Whether input column i and tap k met at a column there is, i + padding − k.
                for (var tap = 0; tap < taps; tap++)
                {
                    var column = Vector512.Create(left + g.PaddingWidth - tap) + Vector512<int>.Indices;
                    (Vector512.GreaterThanOrEqual(column, Vector512<int>.Zero) & Vector512.LessThan(column,
                        Vector512.Create(g.OutputWidth))).AsSingle().Store(inside + tap * Lanes.Width);
                }

                var count = Math.Min(Lanes.Width, width - left);
                for (var row = 0; row < rows.Count; row++)
                {
                    // Counted from the first row of the planes.
                    var from = rows.First + row + g.PaddingHeight - source.First;
                    var lastTap = Math.Min(g.KernelHeight - 1, from);
                    for (var channel = 0; channel < channels; channel++)
                    {
                        var sum = Vector512<float>.Zero;
                        for (var tapRow = Math.Max(0, from - source.Count + 1); tapRow <= lastTap; tapRow++)
                        {
                            var plane = planes + ((long)tapRow * taps * channels + channel) * pixels
                                + (from - tapRow) * g.OutputWidth + left + g.PaddingWidth;
                            for (var tap = 0; tap < taps; tap++, plane += (long)channels * pixels - 1)
                                sum += Vector512.Load(plane) & Vector512.Load(inside + tap * Lanes.Width);
                        }

                        sum.Store(sums + channel * Lanes.Width);
                    }

                    var line = result + ((long)row * width + left) * channels;
                    for (var pixel = 0; pixel < count; pixel++)
                    {
                        for (var channel = 0; channel < channels; channel++)
                            *line++ = sums[channel * Lanes.Width + pixel];
                    }
                }
            }
        }
    }

    /// <summary>
    /// With any stride: contributions [pixels, taps · channels] = outputGradient · weight, then added into the image; where that
    /// is bfloat16, into one of float32 that is rounded when it is complete.
    /// </summary>
    private readonly struct ScatterImagesBody(CpuBackend backend, ConvolutionGeometry g, Operand dy, Operand w, Operand dx) : IRangeBody
    {
        public void Run(int first, int end)
        {
            int pixels = checked(g.OutputHeight * g.OutputWidth), patch = checked(g.KernelHeight * g.KernelWidth * g.InputChannels);
            var product = new MatrixProductGeometry(1, pixels, patch, g.OutputChannels, false, false);
            var (contributions, size) = ((long)pixels * patch, checked(g.InputHeight * g.InputWidth * g.InputChannels));
            var narrow = dx.Kind == OperandKind.BFloat16;
            var buffer = backend._panels.Rent(contributions + (narrow ? size : 0));
            try
            {
                for (var image = first; image < end; image++)
                {
                    var gradient = dy + (long)image * pixels * g.OutputChannels;
                    backend.MultiplyMatrices(product, gradient, w, buffer.Address);
                    var result = dx + (long)image * size;
                    var sums = narrow ? buffer.Address + contributions : (float*)result.Address;
                    Scatter(buffer.Address, patch, sums);
                    if (narrow)
                        ProductSums.Round(sums, (BFloat16*)result.Address, size);
                }
            }
            finally
            {
                backend._panels.Return(buffer);
            }
        }

        private void Scatter(float* contributions, int patch, float* image)
        {
            var rowSize = g.InputWidth * g.InputChannels;
            new Span<float>(image, g.InputHeight * rowSize).Clear();
            var runTaps = g.DilationWidth == 1 ? g.KernelWidth : 1;
            var run = runTaps * g.InputChannels;
            // Neighboring pixels' runs overlap, and a sum would wait for the store before it: pixels whose runs are apart are taken
            // together.
            var apart = Math.Min(g.OutputWidth, MatrixProductBlocking.DivideUp(runTaps, g.StrideWidth));
            for (var y = 0; y < g.OutputHeight; y++)
            {
                for (var tapRow = 0; tapRow < g.KernelHeight; tapRow++)
                {
                    var row = y * g.StrideHeight - g.PaddingHeight + tapRow * g.DilationHeight;
                    if ((uint)row >= (uint)g.InputHeight)
                        continue;
                    for (var tap = 0; tap < g.KernelWidth; tap += runTaps)
                    {
                        var source = contributions + (long)y * g.OutputWidth * patch + (tapRow * g.KernelWidth + tap) * g.InputChannels;
                        for (var residue = 0; residue < apart; residue++)
                        {
                            for (var x = residue; x < g.OutputWidth; x += apart)
                            {
                                var left = (x * g.StrideWidth - g.PaddingWidth + tap * g.DilationWidth) * g.InputChannels;
                                var low = Math.Max(0, -left);
                                var high = Math.Min(run, rowSize - left);
                                if (low < high)
                                    Add(image + (long)row * rowSize + left + low, source + (long)x * patch + low, high - low);
                            }
                        }
                    }
                }
            }
        }

        private static void Add(float* sum, float* part, int count)
        {
            var i = 0;
            for (; i + 8 <= count; i += 8)
                (Vector256.Load(sum + i) + Vector256.Load(part + i)).Store(sum + i);
            for (; i + 4 <= count; i += 4)
                (Vector128.Load(sum + i) + Vector128.Load(part + i)).Store(sum + i);
            for (; i < count; i++)
                sum[i] += part[i];
        }
    }
}
