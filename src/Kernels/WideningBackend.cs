using CrossModal.Kernels.Communication;

namespace CrossModal.Kernels;

/// <summary>
/// A backend for arrays of bfloat16: what the inner one has loops for goes there as it is; for the rest each such array is copied into
/// one of the device's own float type, the primitive is done on the copies, and what it wrote is rounded back. So a device has every
/// primitive in bfloat16 from its first day, and <c>reference</c>, which has no loops for it at all, defines what they are to give.
/// </summary>
internal sealed partial class WideningBackend(Backend inner) : Backend
{
    /// <summary>Which computes.</summary>
    public Backend Inner => inner;

    public override string Name => inner.Name;

    public override ElementType FloatType => inner.FloatType;

    public override ElementType ActivationType => ElementType.BFloat16;

    public override Precision Precision => Precision.BFloat16;

    public override DeviceMemoryPool Memory => inner.Memory;

    public override long WorkspaceBytes => inner.WorkspaceBytes;

    public override bool IsAsynchronous => inner.IsAsynchronous;

    public override IReadOnlyList<string> ComputedBy => inner.ComputedBy;

    public override void ForgetComputedBy() => inner.ForgetComputedBy();

    public override GpuProperties? Gpu => inner.Gpu;

    public override IDeviceGraph? CaptureGraph(Action work) => inner.CaptureGraph(work);

    public override bool HasHostMemory => inner.HasHostMemory;

    public override void RunOnHost(Action work) => inner.RunOnHost(work);

    internal override void Launch(KernelCode kernel, in LaunchShape shape, LaunchValue[] values) => inner.Launch(kernel, shape, values);

    public override void Upload<T>(ReadOnlySpan<T> source, DeviceArray destination) => inner.Upload(source, destination);

    public override void Download<T>(DeviceArray source, Span<T> destination) => inner.Download(source, destination);

    public override Readback CreateReadback(int bytes) => inner.CreateReadback(bytes);

    public override void Synchronize() => inner.Synchronize();

    public override DeviceClock CreateClock(int moments) => inner.CreateClock(moments);

    public override Communicator Connect(Communicator ranks, out string? remark) => inner.Connect(ranks, out remark);

    public override void SumOverRanks(Communicator ranks, params ReadOnlySpan<DeviceArray> arrays) => inner.SumOverRanks(ranks, arrays);

    // Movement: nothing is computed, so only a change of type needs copies.

    public override void Convert(DeviceArray x, DeviceArray y) => inner.Convert(x, y);

    public override void Fill(DeviceArray y, double value) => inner.Fill(y, value);

    public override void StridedCopy(in StridedGeometry geometry, DeviceArray x, DeviceArray y)
    {
        if (x.Type == y.Type)
        {
            inner.StridedCopy(geometry, x, y);
            return;
        }

        // Parts of y may not be written at all, so what is copied is of y's type already.
        using var converted = new Copy(this, x, y.Type);
        inner.StridedCopy(geometry, converted.Read(), y);
    }

    public override void JoinRows(in JoinGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.JoinRows, a.Type, b.Type, y.Type))
            inner.JoinRows(geometry, a, b, y);
        else
            base.JoinRows(geometry, a, b, y);
    }

    public override void OneHot(DeviceArray labels, int classes, DeviceArray y)
    {
        using var result = Wide(y);
        inner.OneHot(labels, classes, result.Array);
        result.Write();
    }

    public override void Shift(in ShiftGeometry geometry, DeviceArray x, DeviceArray offsets, DeviceArray y)
    {
        using Copy from = Wide(x), by = Wide(offsets), to = Wide(y);
        inner.Shift(geometry, from.Read(), by.Read(), to.Array);
        to.Write();
    }

    // Element by element.

    public override void Unary(UnaryOperation operation, DeviceArray x, DeviceArray y, double a = 0, double b = 0)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.Unary, x.Type, y.Type))
        {
            inner.Unary(operation, x, y, a, b);
            return;
        }

        using Copy from = Wide(x), to = Wide(y);
        inner.Unary(operation, from.Read(), to.Array, a, b);
        to.Write();
    }

    public override void Binary(BinaryOperation operation, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y,
        double alpha = 0)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.Binary, a.Type, b.Type, y.Type))
        {
            inner.Binary(operation, geometry, a, b, y, alpha);
            return;
        }

        using Copy left = Wide(a), right = Wide(b), to = Wide(y);
        if (geometry.Count < y.Count)
            to.Read(); // What the loops leave out stays what it was.
        inner.Binary(operation, geometry, left.Read(), right.Read(), to.Array, alpha);
        to.Write();
    }

    public override void LeakyReluGradientSums(int rows, int columns, double slope, DeviceArray outputGradient, DeviceArray y,
        DeviceArray passed, DeviceArray sums)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.LeakyReluGradientSums, outputGradient.Type, y.Type, passed.Type)
            && sums.Type == FloatType)
            inner.LeakyReluGradientSums(rows, columns, slope, outputGradient, y, passed, sums);
        else
            base.LeakyReluGradientSums(rows, columns, slope, outputGradient, y, passed, sums);
    }

    // Reductions.

    public override void Reduce(ReductionOperation operation, in ReductionGeometry geometry, DeviceArray x, DeviceArray y)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.Reduce, x.Type, y.Type))
        {
            inner.Reduce(operation, geometry, x, y);
            return;
        }

        using Copy from = Wide(x), to = Wide(y);
        inner.Reduce(operation, geometry, from.Read(), to.Array);
        to.Write();
    }

    public override void LogSoftmax(int rows, int columns, DeviceArray x, DeviceArray y)
    {
        using Copy from = Wide(x), to = Wide(y);
        inner.LogSoftmax(rows, columns, from.Read(), to.Array);
        to.Write();
    }

    public override void LogisticLoss(ReadOnlySpan<LogisticPart> parts, DeviceArray logits, DeviceArray values, DeviceArray gradient)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.LogisticLoss, logits.Type, gradient.Type))
        {
            inner.LogisticLoss(parts, logits, values, gradient);
            return;
        }

        using Copy from = Wide(logits), to = Wide(gradient);
        inner.LogisticLoss(parts, from.Read(), values, to.Array);
        to.Write();
    }

    // Products: where one operand is of bfloat16, the other is rounded to it too.

    public override void MatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.MatrixProduct, a.Type, b.Type, c.Type))
        {
            inner.MatrixProduct(geometry, a, b, c);
            return;
        }

        var (left, right) = Operands(a, b);
        using (left)
        using (right)
        using (var to = Wide(c))
        {
            inner.MatrixProduct(geometry, left.Array, right.Array, to.Array);
            to.Write();
        }
    }

    public override void Convolution(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.Convolution, input.Type, weight.Type, output.Type))
        {
            inner.Convolution(geometry, input, weight, output);
            return;
        }

        var (x, w) = Operands(input, weight);
        using (x)
        using (w)
        using (var to = Wide(output))
        {
            inner.Convolution(geometry, x.Array, w.Array, to.Array);
            to.Write();
        }
    }

    public override void ConvolutionAddLeakyRelu(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray bias,
        double slope, DeviceArray output)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.Convolution, input.Type, weight.Type, output.Type)
            && inner.HasLoopsFor(NarrowPrimitive.Binary, output.Type, bias.Type, output.Type))
            inner.ConvolutionAddLeakyRelu(geometry, input, weight, bias, slope, output);
        else
            base.ConvolutionAddLeakyRelu(geometry, input, weight, bias, slope, output);
    }

    public override void ConvolutionInputGradient(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.Convolution, outputGradient.Type, weight.Type, inputGradient.Type))
        {
            inner.ConvolutionInputGradient(geometry, outputGradient, weight, inputGradient);
            return;
        }

        var (g, w) = Operands(outputGradient, weight);
        using (g)
        using (w)
        using (var to = Wide(inputGradient))
        {
            inner.ConvolutionInputGradient(geometry, g.Array, w.Array, to.Array);
            to.Write();
        }
    }

    public override void ConvolutionWeightGradient(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray outputGradient,
        DeviceArray weightGradient)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.Convolution, input.Type, outputGradient.Type, weightGradient.Type))
        {
            inner.ConvolutionWeightGradient(geometry, input, outputGradient, weightGradient);
            return;
        }

        var (x, g) = Operands(input, outputGradient);
        using (x)
        using (g)
        using (var to = Wide(weightGradient))
        {
            inner.ConvolutionWeightGradient(geometry, x.Array, g.Array, to.Array);
            to.Write();
        }
    }

    // Random numbers and optimizers, which know the device's float type alone.

    public override void Random(in RandomNumbers numbers, ulong seed, ulong stream, DeviceArray position, DeviceArray y) =>
        inner.Random(numbers, seed, stream, position, y);

    public override void Adam(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, in AdamArrays arrays) =>
        inner.Adam(constants, learningRate, step, arrays);

    public override void AdamAll(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, ReadOnlySpan<AdamArrays> arrays) =>
        inner.AdamAll(constants, learningRate, step, arrays);

    public override void AdamNext(in AdamConstants constants, DeviceArray learningRate, DeviceArray step,
        ReadOnlySpan<AdamArrays> arrays) =>
        inner.AdamNext(constants, learningRate, step, arrays);

    public override void Sgd(double momentum, double weightDecay, DeviceArray learningRate, DeviceArray parameters, DeviceArray gradients,
        DeviceArray velocity) =>
        inner.Sgd(momentum, weightDecay, learningRate, parameters, gradients, velocity);

    public override void Increment(DeviceArray counter, long amount) => inner.Increment(counter, amount);

    public override void Dispose() => inner.Dispose();

    /// <summary>An array in the device's float type: itself, or room for a copy.</summary>
    private Copy Wide(DeviceArray array) => new(this, array, FloatType);

    /// <summary>Two factors in the device's float type, both rounded to bfloat16 where one of them is.</summary>
    private (Copy A, Copy B) Operands(DeviceArray a, DeviceArray b)
    {
        var rounded = a.Type == ElementType.BFloat16 || b.Type == ElementType.BFloat16;
        return (Operand(a), Operand(b));

        Copy Operand(DeviceArray array)
        {
            if (!rounded || array.Type == ElementType.BFloat16)
            {
                var copy = Wide(array);
                copy.Read();
                return copy;
            }

            using var narrow = new Copy(this, array, ElementType.BFloat16);
            var wide = Wide(narrow.Read());
            wide.Read();
            return wide;
        }
    }

    /// <summary>An array in another type for as long as a primitive takes; the array itself where it is of that type.</summary>
    private readonly struct Copy : IDisposable
    {
        private readonly WideningBackend _backend;
        private readonly DeviceArray _original;
        private readonly DeviceBuffer? _room;

        public Copy(WideningBackend backend, DeviceArray original, ElementType type)
        {
            (_backend, _original, Array) = (backend, original, original);
            if (original.IsNone || original.Type == type || !original.Type.IsFloat())
                return;
            _room = backend.Memory.Allocate(original.Count * type.Size(), "bfloat16 as " + type);
            Array = new DeviceArray(_room.Address, original.Count, type);
        }

        public DeviceArray Array { get; }

        /// <summary>The array, holding the original's numbers.</summary>
        public DeviceArray Read()
        {
            if (_room is not null)
                _backend.Convert(_original, Array);
            return Array;
        }

        /// <summary>Rounds what was written into the array back into the original.</summary>
        public void Write()
        {
            if (_room is not null)
                _backend.Convert(Array, _original);
        }

        public void Dispose()
        {
            if (_room is not null)
                _backend.Memory.Release(_room);
        }
    }
}

/// <summary>Primitives that a device may have loops of its own for on arrays of bfloat16.</summary>
internal enum NarrowPrimitive
{
    Unary,
    Binary,
    Reduce,
    MatrixProduct,
    Convolution,
    BatchNorm,
    LogisticLoss,
    JoinRows,
    LeakyReluGradientSums,
}
