using CrossModal.Kernels.Communication;

namespace CrossModal.Kernels;

/// <summary>
/// What a device must be able to compute: the list of primitives, and no more. Activations are NHWC, convolution weights OHWI, all arrays
/// contiguous. Outputs are written in full; an output may be the same array as an input where the
/// method is element by element. <c>reference</c> defines each primitive in float64; the other devices are tested against it. Shapes were
/// checked by the caller.
/// </summary>
internal abstract partial class Backend : IDisposable
{
    /// <summary>The device's name: one of <see cref="Names"/>.</summary>
    public abstract string Name { get; }

    /// <summary>The element type of activations and weights here.</summary>
    public abstract ElementType FloatType { get; }

    /// <summary>
    /// The element type that layers give their activations here: <see cref="FloatType"/>, or bfloat16 where the precision asks for it and
    /// the device has arrays of it.
    /// </summary>
    public virtual ElementType ActivationType => FloatType;

    /// <summary>
    /// Whether the device computes a primitive on arrays of these types, bfloat16 among them, without copies of other types.
    /// </summary>
    internal virtual bool HasLoopsFor(NarrowPrimitive primitive, params ReadOnlySpan<ElementType> types) => false;

    public abstract DeviceMemoryPool Memory { get; }

    /// <summary>Bytes that the device keeps for itself beside the arrays it was asked for: partial sums, libraries' workspaces.</summary>
    public virtual long WorkspaceBytes => 0;

    /// <summary>Whether calls return before their work is done, so that the host may prepare what comes next meanwhile.</summary>
    public virtual bool IsAsynchronous => false;

    /// <summary>How products and convolutions round what they multiply here.</summary>
    public virtual Precision Precision => Precision.Float32;

    /// <summary>The GPU, or what stands in for it; null on other devices.</summary>
    public virtual GpuProperties? Gpu => null;

    // Between host and device.

    /// <summary>Host to device; the elements must be of the array's own type.</summary>
    public abstract void Upload<T>(ReadOnlySpan<T> source, DeviceArray destination) where T : unmanaged;

    /// <summary>Device to host; waits for the work before it.</summary>
    public abstract void Download<T>(DeviceArray source, Span<T> destination) where T : unmanaged;

    /// <summary>Room on the host for copies that run while the host goes on.</summary>
    public virtual Readback CreateReadback(int bytes) => new HostReadback(bytes);

    /// <summary>Waits until everything asked so far is done.</summary>
    public virtual void Synchronize()
    {
    }

    /// <summary>A clock of so many moments, to time work that the host does not wait for.</summary>
    public virtual DeviceClock CreateClock(int moments) => new HostClock(moments);

    /// <summary>
    /// Who has computed matrix products and convolutions so far, and how they rounded: a line for each that did, such as
    /// <c>convolutions: cuDNN 9.10.2 in tf32</c>. Empty on a device that has one way to compute.
    /// </summary>
    public virtual IReadOnlyList<string> ComputedBy => [];

    /// <summary>Lets <see cref="ComputedBy"/> begin anew.</summary>
    public virtual void ForgetComputedBy()
    {
    }

    /// <summary>
    /// Turns what <paramref name="work"/> asks of this device into something that is launched as one. Nothing is computed meanwhile, and
    /// <paramref name="work"/> must have been done before, so that everything it needs is there. Null where a device has no such thing.
    /// </summary>
    public virtual IDeviceGraph? CaptureGraph(Action work) => null;

    // Beyond the primitives: what a user brings along.

    /// <summary>Whether the host may read and write arrays: then <see cref="RunOnHost"/> serves, else <see cref="Launch"/>.</summary>
    public virtual bool HasHostMemory => true;

    /// <summary>Does <paramref name="work"/>, which reads and writes arrays of this device on the host.</summary>
    /// <exception cref="NotSupportedException">The host may not touch this device's arrays.</exception>
    public virtual void RunOnHost(Action work) => work();

    /// <summary>Launches a kernel of the user's; the arguments were checked.</summary>
    /// <exception cref="NotSupportedException">This device runs no CUDA kernels.</exception>
    internal virtual void Launch(KernelCode kernel, in LaunchShape shape, LaunchValue[] values) =>
        throw new NotSupportedException($"{kernel.Name}: the device {Name} runs no CUDA kernels; cuda does, and cuda-sim on any machine");

    // Movement.

    /// <summary>y = x in y's type, rounded to the nearest, of two equally near to the even one; between float types.</summary>
    /// <exception cref="NotSupportedException">The device does not convert between these types.</exception>
    public virtual void Convert(DeviceArray x, DeviceArray y) =>
        throw new NotSupportedException($"the device {Name} does not convert {x.Type} to {y.Type}");

    /// <summary>y = value everywhere; y of any type.</summary>
    public abstract void Fill(DeviceArray y, double value);

    /// <summary>
    /// Copies along strides: y at <see cref="StridedGeometry.StridesOut"/> from x at <see cref="StridedGeometry.StridesA"/>; permutes,
    /// slices, concatenates, tiles and pads.
    /// </summary>
    public abstract void StridedCopy(in StridedGeometry geometry, DeviceArray x, DeviceArray y);

    /// <summary>
    /// y[i] = a[i] with b[i / repeat] behind it, row by row: two arrays joined along their last axis, of which b may stand for several rows
    /// of a. A device where starting work is dear does both together.
    /// </summary>
    public virtual void JoinRows(in JoinGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y)
    {
        var (rows, repeat, left, right) = geometry;
        long columns = left + right;
        StridedCopy(StridedGeometry.Merge([rows, left], [left, 1], [left, 1], [columns, 1]), a, y);
        StridedCopy(StridedGeometry.Merge([rows / repeat, repeat, right], [right, 0, 1], [right, 0, 1], [repeat * columns, columns, 1]), b,
            y.Slice(left, y.Count - left));
    }

    /// <summary>y[i, c] = 1 where labels[i] = c, else 0; labels int32.</summary>
    public abstract void OneHot(DeviceArray labels, int classes, DeviceArray y);

    /// <summary>
    /// y[b, row, column, c] = x[b, row − dy, column − dx, c], zero where that lies outside the image; dy and dx are offsets[b, 0] and
    /// offsets[b, 1] (of x's type), rounded to the nearest whole number, halves away from zero. An offset that is a NaN, or as large as the
    /// image, leaves nothing but zeros. y may not be x.
    /// </summary>
    public abstract void Shift(in ShiftGeometry geometry, DeviceArray x, DeviceArray offsets, DeviceArray y);

    // Element by element.

    public abstract void Unary(UnaryOperation operation, DeviceArray x, DeviceArray y, double a = 0, double b = 0);

    public abstract void Binary(BinaryOperation operation, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y,
        double alpha = 0);

    /// <summary>
    /// The gradient behind a LeakyReLU with result y, both [rows, columns], and its sums over the rows: passed = outputGradient where y
    /// &gt; 0, else slope · outputGradient, and sums[column] = Σ passed, of the device's float type. A device where starting work is dear
    /// does both together. passed may be outputGradient.
    /// </summary>
    public virtual void LeakyReluGradientSums(int rows, int columns, double slope, DeviceArray outputGradient, DeviceArray y,
        DeviceArray passed, DeviceArray sums)
    {
        Binary(BinaryOperation.LeakyReluGradient, StridedGeometry.Merge([rows, columns], [columns, 1], [columns, 1], [columns, 1]),
            outputGradient, y, passed, slope);
        Reduce(ReductionOperation.Sum, new(1, rows, columns), passed, sums);
    }

    // Reductions.

    public abstract void Reduce(ReductionOperation operation, in ReductionGeometry geometry, DeviceArray x, DeviceArray y);

    /// <summary>y[i, j] = x[i, j] − log Σ_k exp x[i, k], for each of <paramref name="rows"/> rows.</summary>
    public abstract void LogSoftmax(int rows, int columns, DeviceArray x, DeviceArray y);

    // Losses.

    /// <summary>
    /// Cross-entropy of logits x, whose parts lie one behind the other: values[0] = Σ over the parts of weight · the mean of t ·
    /// softplus(−x) + (1 − t) · softplus(x), values[1 + part] = the mean of σ(x), and the gradient of values[0], like the logits. Values
    /// are of the device's float type.
    /// </summary>
    public abstract void LogisticLoss(ReadOnlySpan<LogisticPart> parts, DeviceArray logits, DeviceArray values, DeviceArray gradient);

    // Products.

    public abstract void MatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c);

    /// <summary>output = input ⋆ weight.</summary>
    public abstract void Convolution(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output);

    /// <summary>
    /// <see cref="Convolution"/>, and output = s where s = output + bias[channel] &gt; 0, else slope · s. A device where starting work is
    /// dear does both together.
    /// </summary>
    public virtual void ConvolutionAddLeakyRelu(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray bias,
        double slope, DeviceArray output)
    {
        Convolution(geometry, input, weight, output);
        AddBias(BinaryOperation.AddLeakyRelu, geometry, bias, slope, output);
    }

    /// <summary>output = operation(output, bias[channel]), in place.</summary>
    private protected void AddBias(BinaryOperation operation, in ConvolutionGeometry geometry, DeviceArray bias, double slope,
        DeviceArray output)
    {
        var channels = geometry.OutputChannels;
        var rows = (int)(geometry.OutputCount / Math.Max(1, channels));
        Binary(operation, StridedGeometry.Merge([rows, channels], [channels, 1], [0, 1], [channels, 1]), output, bias, output, slope);
    }

    /// <summary>output = input ⋆ weight + bias, [outputs]. A device where starting work is dear may do both together.</summary>
    public virtual void ConvolutionAdd(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray bias,
        DeviceArray output)
    {
        Convolution(geometry, input, weight, output);
        AddBias(BinaryOperation.Add, geometry, bias, 0, output);
    }

    /// <summary>inputGradient = the transposed convolution of outputGradient with weight.</summary>
    public abstract void ConvolutionInputGradient(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient);

    /// <summary>
    /// <see cref="Convolution"/>, and the statistics of its output. A device where starting work is dear does both together.
    /// </summary>
    public virtual void ConvolutionStatistics(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output,
        in ResultStatistics statistics)
    {
        Convolution(geometry, input, weight, output);
        Statistics(output, statistics);
    }

    /// <summary>
    /// <see cref="ConvolutionInputGradient"/>, and the statistics of its result: what a transposed convolution and the batch normalization
    /// behind it begin with. A device where starting work is dear does both together.
    /// </summary>
    public virtual void ConvolutionInputGradientStatistics(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient, in ResultStatistics statistics)
    {
        ConvolutionInputGradient(geometry, outputGradient, weight, inputGradient);
        Statistics(inputGradient, statistics);
    }

    /// <summary>By themselves, of what is there.</summary>
    private protected void Statistics(DeviceArray result, in ResultStatistics statistics) =>
        BatchNormStatistics(statistics.Geometry, result, statistics.Momentum, statistics.Correction, statistics.Arrays);

    /// <summary>weightGradient[o, kh, kw, i] = Σ over batch and pixels of outputGradient · input.</summary>
    public abstract void ConvolutionWeightGradient(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray outputGradient,
        DeviceArray weightGradient);

    // Batch normalization (Ioffe and Szegedy 2015), fused with the activation that follows it.

    /// <summary>mean[group, channel] and variance[group, channel] (divided by the count) of x.</summary>
    public abstract void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance);

    /// <summary>
    /// running[c] += momentum · (average over the groups − running[c]), of mean and variance, the variance times
    /// <paramref name="correction"/> (n / (n − 1) makes it unbiased).
    /// </summary>
    public abstract void BatchNormRunning(double momentum, double correction, in RunningStatistics statistics);

    /// <summary>
    /// The statistics of x and <see cref="BatchNormRunning"/> with them. A device where starting work is dear does both together.
    /// </summary>
    /// <param name="statistics">Mean and variance are written, the running ones moved.</param>
    public virtual void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, double momentum, double correction,
        in RunningStatistics statistics)
    {
        BatchNormStatistics(geometry, x, statistics.Mean, statistics.Variance);
        BatchNormRunning(momentum, correction, statistics);
    }

    /// <summary>y = activation(scale[c] · (x − mean[g, c]) / √(variance[g, c] + ε) + shift[c]).</summary>
    public abstract void BatchNormApply(in BatchNormGeometry geometry, in BatchNormArrays arrays, DeviceArray y);

    /// <summary>
    /// The gradients of statistics and apply together: that of the input like x, those of scale and shift, [channels], summed over the
    /// groups. An output that is <see cref="DeviceArray.None"/> is not wanted.
    /// </summary>
    public abstract void BatchNormGradient(in BatchNormGeometry geometry, DeviceArray outputGradient, in BatchNormArrays arrays,
        in BatchNormGradients gradients);

    // Pooling.

    /// <summary>
    /// y = the largest value of each window; indices (int32, like y) = its position within x's image, (row · width + column) · channels +
    /// channel; the first of equals.
    /// </summary>
    public abstract void MaxPool(in PoolingGeometry geometry, DeviceArray x, DeviceArray y, DeviceArray indices);

    /// <summary>inputGradient = outputGradient summed into the places that <paramref name="indices"/> name, zero elsewhere.</summary>
    public abstract void MaxPoolScatter(in PoolingGeometry geometry, DeviceArray outputGradient, DeviceArray indices,
        DeviceArray inputGradient);

    /// <summary>y = x at the places that <paramref name="indices"/> name: the derivative of the scatter.</summary>
    public abstract void MaxPoolGather(in PoolingGeometry geometry, DeviceArray x, DeviceArray indices, DeviceArray y);

    // Over the ranks of a parallel run.

    /// <summary>
    /// The ranks as this device reaches them, whom <see cref="SumOverRanks"/> is given from then on: a GPU may have a way of its own, past
    /// the host's memory. Says nothing to the others yet.
    /// </summary>
    /// <param name="remark">Why there is no such way where one would be expected, in one line; else null.</param>
    public virtual Communicator Connect(Communicator ranks, out string? remark)
    {
        remark = null;
        return ranks;
    }

    /// <summary>Replaces each array, float32 or float64, by its sum over all ranks, the same bits on each.</summary>
    public virtual unsafe void SumOverRanks(Communicator ranks, params ReadOnlySpan<DeviceArray> arrays)
    {
        if (HasHostMemory)
        {
            ranks.Sum(arrays);
            return;
        }

        foreach (var array in arrays)
        {
            var values = new float[array.Count];
            Download<float>(array, values);
            fixed (float* first = values)
                ranks.Sum(array with { Address = (nint)first });
            Upload<float>(values, array);
        }
    }

    // Random numbers.

    /// <summary>
    /// Fills y from <see cref="Philox"/> with key <paramref name="seed"/> and stream <paramref name="stream"/>: elements 4i to 4i+3 come
    /// from the block at position[0] + i (uniform and Bernoulli: one word each; normal: Box and Muller of words (0, 1) and (2, 3), cosine
    /// then sine), then moves position[0] (int64, in device memory) on by ⌈count / 4⌉.
    /// </summary>
    public abstract void Random(in RandomNumbers numbers, ulong seed, ulong stream, DeviceArray position, DeviceArray y);

    // Optimizers. Rates and counters lie in device memory, so that a recorded step can be repeated.

    /// <summary>
    /// One Adam step of one parameter array. learningRate[0] is float; step[0] (int64) is the number of this step, from 1, not changed here
    /// (see <see cref="Increment"/>). parameters −= rate · (m̂ / (√v̂ + ε) + decay · parameters).
    /// </summary>
    public abstract void Adam(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, in AdamArrays arrays);

    /// <summary>
    /// <see cref="Adam"/> of each of several parameter arrays, which share rate, step and constants; to the bit what one call an array
    /// does. A device where starting work is dear does them together.
    /// </summary>
    public virtual void AdamAll(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, ReadOnlySpan<AdamArrays> arrays)
    {
        foreach (var each in arrays)
            Adam(constants, learningRate, step, each);
    }

    /// <summary>
    /// <see cref="Increment"/> of the step by one, and then <see cref="AdamAll"/>. A device where starting work is dear does both together.
    /// </summary>
    public virtual void AdamNext(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, ReadOnlySpan<AdamArrays> arrays)
    {
        Increment(step, 1);
        AdamAll(constants, learningRate, step, arrays);
    }

    /// <summary>velocity = momentum · velocity + gradient + decay · parameter; parameter −= rate · velocity.</summary>
    public abstract void Sgd(double momentum, double weightDecay, DeviceArray learningRate, DeviceArray parameters, DeviceArray gradients,
        DeviceArray velocity);

    /// <summary>counter[0] += amount; counter int64.</summary>
    public abstract void Increment(DeviceArray counter, long amount);

    public abstract void Dispose();
}

/// <summary>Work that a device has been told once and repeats at a call. Disposed before the memory that it works in.</summary>
internal interface IDeviceGraph : IDisposable
{
    void Launch();
}
