using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

/// <summary>
/// No images: the value and the input gradient are empty, the weight gradient is zero; also where the convolution is a plain matrix
/// product.
/// </summary>
public sealed unsafe class ConvolutionEmptyBatchTests
{
    [Theory]
    [InlineData(9, 1, 1, 1, 0)]
    [InlineData(4, 4, 4, 1, 0)]
    [InlineData(8, 8, 4, 2, 1)]
    public void HasAWeightGradientOfZero(int height, int width, int kernel, int stride, int padding)
    {
        using var backend = new CpuBackend(2);
        var kernelWidth = Math.Min(kernel, width);
        var geometry = new ConvolutionGeometry(0, new(height, kernel, stride, padding), new(width, kernelWidth, stride, padding), 8, 3);
        var weights = new float[geometry.WeightCount];
        Array.Fill(weights, 7);
        var weight = backend.Memory.Allocate(weights.Length * sizeof(float), "test");
        var array = new DeviceArray(weight.Address, weights.Length, ElementType.Float32);
        backend.Upload<float>(weights, array);
        var nothing = new DeviceArray(weight.Address, 0, ElementType.Float32);
        backend.Convolution(geometry, nothing, array, nothing);
        backend.ConvolutionInputGradient(geometry, nothing, array, nothing);
        Assert.All(array.Span<float>().ToArray(), value => Assert.Equal(7f, value));
        backend.ConvolutionWeightGradient(geometry, nothing, nothing, array);
        Assert.All(array.Span<float>().ToArray(), value => Assert.Equal(0f, value));
    }
}
