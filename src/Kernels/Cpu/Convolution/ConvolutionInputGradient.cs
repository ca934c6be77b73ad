namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The input gradient, which is the transposed convolution, in one of two forms. With many input channels: phases. Input pixels whose
/// padded coordinates leave the same remainder by the stride see the same taps, so each phase is an ordinary convolution of the output
/// gradient with stride one and a part of the kernel, and no zeros are multiplied. With few: contributions that are added up.
/// </summary>
internal sealed unsafe partial class CpuBackend
{
    /// <summary>Operations of a phase that one thread may as well have for itself: the threads need not meet so often.</summary>
    private const long SmallPhase = 1 << 27;

    public override void ConvolutionInputGradient(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient)
    {
        var g = geometry;
        var (dy, w, dx) = (OperandOf(outputGradient, weight), OperandOf(weight, outputGradient), ResultOf(inputGradient));
        if (g.Batch == 0)
            return;
        if (IsMatrixProduct(g, out var pixels, out var patch))
        {
            MultiplyMatrices(new MatrixProductGeometry(1, pixels, patch, g.OutputChannels, false, false), dy, w, dx);
            return;
        }

        if (TryWinogradProduct(g, gradient: true, dy, w, dx))
            return;
        if (g.InputChannels < FewChannels)
        {
            AddContributions(g, dy, w, dx);
            return;
        }

        // Small phases side by side, each on one thread, where the threads can share them evenly; else one after the other on all threads.
        int high = Math.Min(g.StrideHeight, g.InputHeight), wide = Math.Min(g.StrideWidth, g.InputWidth);
        var phases = new PhasesBody(this, g, dy, w, dx, wide);
        if (high * wide % Threads == 0 && g.Operations / (high * wide) < SmallPhase)
            _workers.Run(phases, high * wide, 1);
        else
            phases.Run(0, high * wide);
    }

    private readonly struct PhasesBody(CpuBackend backend, ConvolutionGeometry g, Operand dy, Operand w, Operand dx, int wide) : IRangeBody
    {
        public void Run(int first, int end)
        {
            for (var phase = first; phase < end; phase++)
            {
                backend.MultiplyPhase(g,
                    new Phase(phase / wide, g.InputHeight, g.KernelHeight, g.StrideHeight, g.PaddingHeight, g.DilationHeight),
                    new Phase(phase % wide, g.InputWidth, g.KernelWidth, g.StrideWidth, g.PaddingWidth, g.DilationWidth), dy, w, dx);
            }
        }
    }

    private void MultiplyPhase(in ConvolutionGeometry g, Phase rows, Phase columns, Operand dy, Operand w, Operand dx)
    {
        var grid = new PatchGrid
        {
            Data = dy,
            Height = g.OutputHeight,
            Width = g.OutputWidth,
            Channels = g.OutputChannels,
            Batch = g.Batch,
            GridHeight = rows.Count,
            GridWidth = columns.Count,
            OriginHeight = rows.Origin,
            OriginWidth = columns.Origin,
            StepHeight = 1,
            StepWidth = 1,
            TapsHeight = rows.Taps,
            TapsWidth = columns.Taps,
            TapStepHeight = rows.TapStep,
            TapStepWidth = columns.TapStep,
        };
        var form = PanelForm.Of(PanelKind.Phase, rows.First * g.StrideWidth + columns.First, 0, g);
        var shape = new ProductShape
        {
            M = grid.Positions,
            N = g.InputChannels,
            K = grid.PatchSize,
            C = dx,
            Rounded = IsRounded(dy),
            Weight = w,
            WeightForm = form,
        };
        Multiply(new PanelPatchRows(grid), new PhaseWeights(g, rows, columns, w), new PhaseRows(g, rows, columns), shape, slices: false);
    }

    /// <summary>
    /// One remainder of the padded coordinate by the stride, along one axis. Tap k meets input pixel i at output pixel (i + padding − k ·
    /// dilation) / stride where that is whole. Pixels First, First + stride, … are those of the phase; their taps are LastKernel,
    /// LastKernel − KernelStep, …, in the order of growing output pixels: pixel number a and tap number j meet at a + Origin + j · TapStep.
    /// </summary>
    private readonly struct Phase
    {
        public Phase(int first, int input, int kernel, int stride, int padding, int dilation)
        {
            First = first;
            Count = (input - 1 - first) / stride + 1;
            var remainder = (first + padding) % stride;
            KernelStep = 1;
            var found = -1;
            for (var tap = 0; tap < kernel; tap++)
            {
                if ((long)tap * dilation % stride != remainder)
                    continue;
                if (Taps == 1)
                    KernelStep = tap - found;
                if (Taps == 0)
                    found = tap;
                LastKernel = tap;
                Taps++;
            }

            TapStep = KernelStep * dilation / stride;
            Origin = (first + padding) / stride - (LastKernel * dilation - remainder) / stride;
        }

        public int First { get; }
        public int Count { get; }
        public int Taps { get; }
        public int LastKernel { get; }
        public int KernelStep { get; }
        public int TapStep { get; }
        public int Origin { get; }
    }

    /// <summary>The part of the kernel that a phase sees: input channels as lanes, (tap, output channel) as depth.</summary>
    private readonly struct PhaseWeights(ConvolutionGeometry g, Phase rows, Phase columns, Operand weight) : IPanelSource
    {
        public static int PackDepth => MatrixProductBlocking.ShallowDepth;

        public void Pack<TKernel>(int lane, int lanes, int k, int depth, int width, float* panel) where TKernel : struct, IMicroKernel
        {
            var stride = (long)g.KernelHeight * g.KernelWidth * g.InputChannels;
            while (depth > 0)
            {
                var channel = k % g.OutputChannels;
                var tap = k / g.OutputChannels;
                var length = Math.Min(depth, g.OutputChannels - channel);
                var row = rows.LastKernel - tap / columns.Taps * rows.KernelStep;
                var column = columns.LastKernel - tap % columns.Taps * columns.KernelStep;
                var source = weight + (channel * stride + ((long)row * g.KernelWidth + column) * g.InputChannels + lane);
                PanelCopy.Columns<TKernel>(source, stride, lanes, width, length, panel);
                panel += (long)length * width;
                k += length;
                depth -= length;
            }
        }
    }

    /// <summary>The phase's pixels in the input gradient.</summary>
    private readonly struct PhaseRows(ConvolutionGeometry g, Phase rows, Phase columns) : IProductRows
    {
        public void Fill(int first, int count, long* offsets)
        {
            var column = first % columns.Count;
            var row = first / columns.Count;
            var image = row / rows.Count;
            row %= rows.Count;
            for (var i = 0; i < count; i++)
            {
                var pixelRow = (long)image * g.InputHeight + rows.First + row * g.StrideHeight;
                offsets[i] = (pixelRow * g.InputWidth + columns.First + column * g.StrideWidth) * g.InputChannels;
                if (++column < columns.Count)
                    continue;
                column = 0;
                if (++row == rows.Count)
                    (row, image) = (0, image + 1);
            }
        }
    }
}
