using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests;

/// <summary>The reference against mathematics: adjoints and derivatives that belong together.</summary>
public sealed class ReferenceTests : IDisposable
{
    private readonly ReferenceBackend _reference = new();
    private readonly CountedRandom _random = new(3);

    /// <summary>⟨conv(x, w), g⟩ = ⟨x, inputGradient(g, w)⟩ = ⟨w, weightGradient(x, g)⟩.</summary>
    [Theory]
    [InlineData(2, 5, 7, 3, 4, 3, 3, 1, 1, 1, 1)]
    [InlineData(1, 8, 8, 2, 3, 4, 4, 2, 2, 1, 1)]
    [InlineData(2, 9, 6, 1, 2, 2, 3, 3, 2, 0, 2)]
    [InlineData(1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1)]
    public void ThreeConvolutionsAreAdjoint(int batch, int height, int width, int inputs, int outputs, int kernelHeight, int kernelWidth,
        int strideHeight,
        int strideWidth, int padding, int dilation)
    {
        var geometry = new ConvolutionGeometry(batch, new(height, kernelHeight, strideHeight, padding, dilation),
            new(width, kernelWidth, strideWidth, padding, dilation), inputs, outputs);
        var (x, w, g) = (Normal(geometry.InputCount), Normal(geometry.WeightCount), Normal(geometry.OutputCount));
        var (y, dx, dw) = (Normal(geometry.OutputCount), Normal(geometry.InputCount), Normal(geometry.WeightCount));
        _reference.Convolution(geometry, x, w, y);
        _reference.ConvolutionInputGradient(geometry, g, w, dx);
        _reference.ConvolutionWeightGradient(geometry, x, g, dw);
        var product = Dot(y, g);
        Assert.Equal(product, Dot(x, dx), 1e-9);
        Assert.Equal(product, Dot(w, dw), 1e-9);
    }

    /// <summary>A window of one, by hand: padding is zero, and the kernel is not turned.</summary>
    [Fact]
    public void ConvolutionCorrelates()
    {
        var geometry = new ConvolutionGeometry(1, new(1, 1), new(3, 2, 1, 1), 1, 1);
        var (x, w, y) = (Array(1, 2, 3), Array(10, 1), Normal(4));
        _reference.Convolution(geometry, x, w, y);
        Assert.Equal([1, 12, 23, 30], y.Span<double>().ToArray());
    }

    /// <summary>The whole of statistics and apply, differentiated by central differences in every argument.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(0.2f)]
    public void TheBatchNormGradientIsTheDerivative(float slope)
    {
        var geometry = new BatchNormGeometry(2, 5, 3, 1e-2f, slope);
        var (x, scale, shift, g) = (Normal(30), Normal(3), Normal(3), Normal(30));
        var (mean, variance, y) = (Normal(6), Normal(6), Normal(30));
        var (dx, dscale, dshift) = (Normal(30), Normal(3), Normal(3));
        Loss();
        _reference.BatchNormGradient(geometry, g, new(x, mean, variance, scale, shift), new(dx, dscale, dshift));
        foreach (var (argument, gradient) in new[] { (x, dx), (scale, dscale), (shift, dshift) })
        {
            for (var i = 0; i < argument.Count; i++)
            {
                const double Step = 1e-5;
                ref var value = ref argument.Span<double>()[i];
                var kept = value;
                value = kept + Step;
                var above = Loss();
                value = kept - Step;
                var below = Loss();
                value = kept;
                Assert.Equal((above - below) / (2 * Step), gradient.Span<double>()[i], 1e-7);
            }
        }

        double Loss()
        {
            _reference.BatchNormStatistics(geometry, x, mean, variance);
            _reference.BatchNormApply(geometry, new(x, mean, variance, scale, shift), y);
            return Dot(y, g);
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void MatrixProductReadsBothOrders(bool transposeA, bool transposeB)
    {
        var a = transposeA ? Array(1, 3, 2, 4) : Array(1, 2, 3, 4);
        var b = transposeB ? Array(5, 7, 6, 8) : Array(5, 6, 7, 8);
        var c = Array(100, 100, 100, 100);
        _reference.MatrixProduct(new MatrixProductGeometry(1, 2, 2, 2, transposeA, transposeB), a, b, c);
        Assert.Equal([19, 22, 43, 50], c.Span<double>().ToArray());
    }

    public void Dispose() => _reference.Dispose();

    private static double Dot(DeviceArray a, DeviceArray b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Count; i++)
            sum += a.Span<double>()[i] * b.Span<double>()[i];
        return sum;
    }

    private DeviceArray Normal(long count) => Array([.. Enumerable.Range(0, (int)count).Select(_ => (double)_random.NextNormal())]);

    private DeviceArray Array(params double[] values)
    {
        var array = new DeviceArray(_reference.Memory.Allocate(values.Length * 8L, "test").Address, values.Length, ElementType.Float64);
        _reference.Upload<double>(values, array);
        return array;
    }
}
