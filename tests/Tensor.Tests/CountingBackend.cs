using CrossModal.Kernels;
using CrossModal.Kernels.Reference;

namespace CrossModal.Tensors.Tests;

/// <summary>The reference, with a note of every primitive that it was asked for.</summary>
internal sealed class CountingBackend : Backend
{
    private readonly ReferenceBackend _inner = new();

    /// <summary>How often each primitive ran; element-wise ones and reductions by operation.</summary>
    public Dictionary<string, int> Counts { get; } = [];

    public override string Name => _inner.Name;

    public override ElementType FloatType => _inner.FloatType;

    public override DeviceMemoryPool Memory => _inner.Memory;

    public int Of(string primitive) => Counts.GetValueOrDefault(primitive);

    public override void Upload<T>(ReadOnlySpan<T> source, DeviceArray destination) => _inner.Upload(source, destination);

    public override void Download<T>(DeviceArray source, Span<T> destination) => _inner.Download(source, destination);

    public override void Fill(DeviceArray y, double value) => Counted(nameof(Fill)).Fill(y, value);

    public override void StridedCopy(in StridedGeometry geometry, DeviceArray x, DeviceArray y) =>
        Counted(nameof(StridedCopy)).StridedCopy(geometry, x, y);

    public override void OneHot(DeviceArray labels, int classes, DeviceArray y) => Counted(nameof(OneHot)).OneHot(labels, classes, y);

    public override void Shift(in ShiftGeometry geometry, DeviceArray x, DeviceArray offsets, DeviceArray y) =>
        Counted(nameof(Shift)).Shift(geometry, x, offsets, y);

    public override void Unary(UnaryOperation operation, DeviceArray x, DeviceArray y, double a = 0, double b = 0) =>
        Counted($"Unary {operation}").Unary(operation, x, y, a, b);

    public override void Binary(BinaryOperation operation, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y,
        double alpha = 0) =>
        Counted($"Binary {operation}").Binary(operation, geometry, a, b, y, alpha);

    public override void Reduce(ReductionOperation operation, in ReductionGeometry geometry, DeviceArray x, DeviceArray y) =>
        Counted($"Reduce {operation}").Reduce(operation, geometry, x, y);

    public override void LogSoftmax(int rows, int columns, DeviceArray x, DeviceArray y) =>
        Counted(nameof(LogSoftmax)).LogSoftmax(rows, columns, x, y);

    public override void MatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c) =>
        Counted(nameof(MatrixProduct)).MatrixProduct(geometry, a, b, c);

    public override void Convolution(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output) =>
        Counted(nameof(Convolution)).Convolution(geometry, input, weight, output);

    public override void ConvolutionInputGradient(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient) =>
        Counted(nameof(ConvolutionInputGradient)).ConvolutionInputGradient(geometry, outputGradient, weight, inputGradient);

    public override void ConvolutionWeightGradient(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray outputGradient,
        DeviceArray weightGradient) =>
        Counted(nameof(ConvolutionWeightGradient)).ConvolutionWeightGradient(geometry, input, outputGradient, weightGradient);

    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance) =>
        Counted(nameof(BatchNormStatistics)).BatchNormStatistics(geometry, x, mean, variance);

    public override void BatchNormApply(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance,
        DeviceArray scale, DeviceArray shift, DeviceArray y) =>
        Counted(nameof(BatchNormApply)).BatchNormApply(geometry, x, mean, variance, scale, shift, y);

    public override void BatchNormGradient(in BatchNormGeometry geometry, DeviceArray outputGradient, DeviceArray x, DeviceArray mean,
        DeviceArray variance,
        DeviceArray scale, DeviceArray shift, DeviceArray inputGradient, DeviceArray scaleGradient, DeviceArray shiftGradient) =>
        Counted(nameof(BatchNormGradient))
            .BatchNormGradient(geometry, outputGradient, x, mean, variance, scale, shift, inputGradient, scaleGradient, shiftGradient);

    public override void MaxPool(in PoolingGeometry geometry, DeviceArray x, DeviceArray y, DeviceArray indices) =>
        Counted(nameof(MaxPool)).MaxPool(geometry, x, y, indices);

    public override void MaxPoolScatter(in PoolingGeometry geometry, DeviceArray outputGradient, DeviceArray indices,
        DeviceArray inputGradient) =>
        Counted(nameof(MaxPoolScatter)).MaxPoolScatter(geometry, outputGradient, indices, inputGradient);

    public override void MaxPoolGather(in PoolingGeometry geometry, DeviceArray x, DeviceArray indices, DeviceArray y) =>
        Counted(nameof(MaxPoolGather)).MaxPoolGather(geometry, x, indices, y);

    public override void Random(RandomDistribution distribution, ulong seed, ulong stream, DeviceArray position, DeviceArray y, double a,
        double b) =>
        Counted($"Random {distribution}").Random(distribution, seed, stream, position, y, a, b);

    public override void Adam(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, DeviceArray parameters,
        DeviceArray gradients, DeviceArray firstMoment,
        DeviceArray secondMoment) =>
            Counted(nameof(Adam)).Adam(constants, learningRate, step, parameters, gradients, firstMoment, secondMoment);

    public override void Sgd(float momentum, float weightDecay, DeviceArray learningRate, DeviceArray parameters, DeviceArray gradients,
        DeviceArray velocity) =>
        Counted(nameof(Sgd)).Sgd(momentum, weightDecay, learningRate, parameters, gradients, velocity);

    public override void Increment(DeviceArray counter, long amount) => Counted(nameof(Increment)).Increment(counter, amount);

    public override void Dispose() => _inner.Dispose();

    private ReferenceBackend Counted(string primitive)
    {
        Counts[primitive] = Of(primitive) + 1;
        return _inner;
    }
}
