using System.Runtime.CompilerServices;
using CrossModal.Kernels.Communication;

namespace CrossModal.Kernels;

/// <summary>
/// A backend that does what it is asked through another one and remembers it: <see cref="Replay"/> does all of it again, over the same
/// arrays, without making anything on the managed heap. A training step recorded once is repeated so, because its rates, counters and
/// random positions lie in device memory. The arrays must stay where they are.
/// </summary>
internal sealed class RecordingBackend(Backend inner) : Backend
{
    private readonly List<Action> _recording = [];
    private readonly List<string> _primitives = [];
    private Action[]? _steps;

    public override string Name => inner.Name;

    public override ElementType FloatType => inner.FloatType;

    public override ElementType ActivationType => inner.ActivationType;

    public override Precision Precision => inner.Precision;

    public override DeviceMemoryPool Memory => inner.Memory;

    public override long WorkspaceBytes => inner.WorkspaceBytes;

    public override bool IsAsynchronous => inner.IsAsynchronous;

    /// <summary>How many primitives were recorded.</summary>
    public int Count => _recording.Count;

    /// <summary>
    /// Their names, in order: the method of <see cref="Backend"/>, and of those that take an operation or a distribution its name too.
    /// </summary>
    public IReadOnlyList<string> Primitives => _primitives;

    /// <summary>
    /// Floating-point operations of the recorded matrix products and convolutions, a multiplication and an addition counted as two.
    /// </summary>
    public long Operations { get; private set; }

    /// <summary>Does everything recorded once more, in order.</summary>
    public void Replay()
    {
        if (_steps?.Length != _recording.Count)
            _steps = [.. _recording];
        foreach (var step in _steps)
            step();
    }

    /// <exception cref="InvalidOperationException">Always: the next replay would find other values there, or none.</exception>
    public override void Upload<T>(ReadOnlySpan<T> source, DeviceArray destination) =>
        throw new InvalidOperationException(
            "a recorded step takes nothing from the host; upload before recording, or into the arrays that the step reads");

    /// <exception cref="InvalidOperationException">Always.</exception>
    public override void Download<T>(DeviceArray source, Span<T> destination) =>
        throw new InvalidOperationException("a recorded step reads nothing back");

    public override Readback CreateReadback(int bytes) => inner.CreateReadback(bytes);

    public override void Synchronize() => inner.Synchronize();

    public override DeviceClock CreateClock(int moments) => inner.CreateClock(moments);

    public override IReadOnlyList<string> ComputedBy => inner.ComputedBy;

    public override void ForgetComputedBy() => inner.ForgetComputedBy();

    public override bool HasHostMemory => inner.HasHostMemory;

    public override void RunOnHost(Action work) => Do(() => inner.RunOnHost(work));

    internal override void Launch(KernelCode kernel, in LaunchShape shape, LaunchValue[] values)
    {
        var copy = shape;
        Do(() => inner.Launch(kernel, copy, values));
    }

    public override void Convert(DeviceArray x, DeviceArray y) => Do(() => inner.Convert(x, y));

    public override void Fill(DeviceArray y, double value) => Do(() => inner.Fill(y, value));

    public override void StridedCopy(in StridedGeometry geometry, DeviceArray x, DeviceArray y)
    {
        var g = geometry;
        Do(() => inner.StridedCopy(g, x, y));
    }

    public override void JoinRows(in JoinGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y)
    {
        var g = geometry;
        Do(() => inner.JoinRows(g, a, b, y));
    }

    public override void OneHot(DeviceArray labels, int classes, DeviceArray y) => Do(() => inner.OneHot(labels, classes, y));

    public override void Shift(in ShiftGeometry geometry, DeviceArray x, DeviceArray offsets, DeviceArray y)
    {
        var g = geometry;
        Do(() => inner.Shift(g, x, offsets, y));
    }

    public override void Unary(UnaryOperation operation, DeviceArray x, DeviceArray y, double a = 0, double b = 0) =>
        Do(() => inner.Unary(operation, x, y, a, b), primitive: $"Unary {operation}");

    public override void Binary(BinaryOperation operation, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y,
        double alpha = 0)
    {
        var g = geometry;
        Do(() => inner.Binary(operation, g, a, b, y, alpha), primitive: $"Binary {operation}");
    }

    public override void LeakyReluGradientSums(int rows, int columns, double slope, DeviceArray outputGradient, DeviceArray y,
        DeviceArray passed, DeviceArray sums) =>
        Do(() => inner.LeakyReluGradientSums(rows, columns, slope, outputGradient, y, passed, sums));

    public override void Reduce(ReductionOperation operation, in ReductionGeometry geometry, DeviceArray x, DeviceArray y)
    {
        var g = geometry;
        Do(() => inner.Reduce(operation, g, x, y), primitive: $"Reduce {operation}");
    }

    public override void LogSoftmax(int rows, int columns, DeviceArray x, DeviceArray y) => Do(() => inner.LogSoftmax(rows, columns, x, y));

    public override void LogisticLoss(ReadOnlySpan<LogisticPart> parts, DeviceArray logits, DeviceArray values, DeviceArray gradient)
    {
        var all = parts.ToArray();
        Do(() => inner.LogisticLoss(all, logits, values, gradient));
    }

    public override void MatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        var g = geometry;
        Do(() => inner.MatrixProduct(g, a, b, c), g.Operations);
    }

    public override void Convolution(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output)
    {
        var g = geometry;
        Do(() => inner.Convolution(g, input, weight, output), g.Operations);
    }

    public override void ConvolutionAddLeakyRelu(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray bias,
        double slope, DeviceArray output)
    {
        var g = geometry;
        Do(() => inner.ConvolutionAddLeakyRelu(g, input, weight, bias, slope, output), g.Operations);
    }

    public override void ConvolutionAdd(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray bias,
        DeviceArray output)
    {
        var g = geometry;
        Do(() => inner.ConvolutionAdd(g, input, weight, bias, output), g.Operations);
    }

    public override void ConvolutionInputGradient(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient)
    {
        var g = geometry;
        Do(() => inner.ConvolutionInputGradient(g, outputGradient, weight, inputGradient), g.Operations);
    }

    public override void ConvolutionStatistics(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output,
        in ResultStatistics statistics)
    {
        var (g, asked) = (geometry, statistics);
        Do(() => inner.ConvolutionStatistics(g, input, weight, output, asked), g.Operations);
    }

    public override void ConvolutionInputGradientStatistics(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient, in ResultStatistics statistics)
    {
        var (g, asked) = (geometry, statistics);
        Do(() => inner.ConvolutionInputGradientStatistics(g, outputGradient, weight, inputGradient, asked), g.Operations);
    }

    public override void ConvolutionWeightGradient(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray outputGradient,
        DeviceArray weightGradient)
    {
        var g = geometry;
        Do(() => inner.ConvolutionWeightGradient(g, input, outputGradient, weightGradient), g.Operations);
    }

    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance)
    {
        var g = geometry;
        Do(() => inner.BatchNormStatistics(g, x, mean, variance));
    }

    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, double momentum, double correction,
        in RunningStatistics statistics)
    {
        var (g, all) = (geometry, statistics);
        Do(() => inner.BatchNormStatistics(g, x, momentum, correction, all));
    }

    public override void BatchNormRunning(double momentum, double correction, in RunningStatistics statistics)
    {
        var all = statistics;
        Do(() => inner.BatchNormRunning(momentum, correction, all));
    }

    public override void BatchNormApply(in BatchNormGeometry geometry, in BatchNormArrays arrays, DeviceArray y)
    {
        var (g, x) = (geometry, arrays);
        Do(() => inner.BatchNormApply(g, x, y));
    }

    public override void BatchNormGradient(in BatchNormGeometry geometry, DeviceArray outputGradient, in BatchNormArrays arrays,
        in BatchNormGradients gradients)
    {
        var (g, x, results) = (geometry, arrays, gradients);
        Do(() => inner.BatchNormGradient(g, outputGradient, x, results));
    }

    public override void MaxPool(in PoolingGeometry geometry, DeviceArray x, DeviceArray y, DeviceArray indices)
    {
        var g = geometry;
        Do(() => inner.MaxPool(g, x, y, indices));
    }

    public override void MaxPoolScatter(in PoolingGeometry geometry, DeviceArray outputGradient, DeviceArray indices,
        DeviceArray inputGradient)
    {
        var g = geometry;
        Do(() => inner.MaxPoolScatter(g, outputGradient, indices, inputGradient));
    }

    public override void MaxPoolGather(in PoolingGeometry geometry, DeviceArray x, DeviceArray indices, DeviceArray y)
    {
        var g = geometry;
        Do(() => inner.MaxPoolGather(g, x, indices, y));
    }

    public override void SumOverRanks(Communicator ranks, params ReadOnlySpan<DeviceArray> arrays)
    {
        var all = arrays.ToArray();
        Do(() => inner.SumOverRanks(ranks, all));
    }

    public override void Random(in RandomNumbers numbers, ulong seed, ulong stream, DeviceArray position, DeviceArray y)
    {
        var copy = numbers;
        Do(() => inner.Random(copy, seed, stream, position, y), primitive: $"Random {copy.Distribution}");
    }

    public override void Adam(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, in AdamArrays arrays)
    {
        var (copy, all) = (constants, arrays);
        Do(() => inner.Adam(copy, learningRate, step, all));
    }

    public override void AdamAll(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, ReadOnlySpan<AdamArrays> arrays)
    {
        var copy = constants;
        var all = arrays.ToArray();
        Do(() => inner.AdamAll(copy, learningRate, step, all));
    }

    public override void AdamNext(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, ReadOnlySpan<AdamArrays> arrays)
    {
        var copy = constants;
        var all = arrays.ToArray();
        Do(() => inner.AdamNext(copy, learningRate, step, all));
    }

    public override void Sgd(double momentum, double weightDecay, DeviceArray learningRate, DeviceArray parameters, DeviceArray gradients,
        DeviceArray velocity) =>
        Do(() => inner.Sgd(momentum, weightDecay, learningRate, parameters, gradients, velocity));

    public override void Increment(DeviceArray counter, long amount) => Do(() => inner.Increment(counter, amount));

    /// <summary>Forgets the recording. The inner backend belongs to whoever made it.</summary>
    public override void Dispose()
    {
        _recording.Clear();
        _primitives.Clear();
        _steps = null;
    }

    private void Do(Action step, long operations = 0, [CallerMemberName] string primitive = "")
    {
        step();
        _recording.Add(step);
        _primitives.Add(primitive);
        Operations += operations;
    }
}
