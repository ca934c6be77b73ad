using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Adversarial;

/// <summary>
/// What a captured step of preset <c>paper</c> is made of on a large GPU: launches, copies and clearings, the nodes of its graph. Many of
/// them take less time than it takes to begin them.
/// </summary>
public sealed class StepNodesTests
{
    /// <summary>As one of 2023 has them; how products are cut depends on it.</summary>
    private static readonly GpuProperties LargeGpu = new("132 multiprocessors", 9, 0, 132, 227 * 1024, 140L << 30, 1_980_000, 12040);

    /// <summary>
    /// Products are left aside, and the sums of the slices that they are cut into: how many of those there are is a matter of what is
    /// fastest. There are 41 convolutions and 2 matrix products beside.
    /// </summary>
    [Theory]
    [InlineData(Precision.Float32, 70)]
    [InlineData(Precision.TensorFloat32, 70)]
    [InlineData(Precision.BFloat16, 60)]
    public void AStepIsOfFewNodes(Precision precision, int most)
    {
        var nodes = new List<string>();
        using var device = new Device(KernelRecorder.List(precision, launch => nodes.Add(launch.Kernel),
            bytes => nodes.Add($"{bytes} bytes moved"), LargeGpu));
        using var gan = new ConditionalGan(device, new ModelSettings(), new GanSettings(), seed: 1);
        gan.Step();
        nodes.Clear();
        gan.Captured!.ReplayPrimitives();
        var products = nodes.RemoveAll(node => node.StartsWith("convolution", StringComparison.Ordinal)
            || node.StartsWith("matrix_product", StringComparison.Ordinal));
        nodes.RemoveAll(node => node.StartsWith("slices_", StringComparison.Ordinal));
        Assert.Equal(43, products);
        var kinds = nodes.CountBy(node => node).OrderByDescending(kind => kind.Value).Select(kind => $"{kind.Value} {kind.Key}");
        Assert.True(nodes.Count <= most, $"{nodes.Count} nodes: {string.Join(", ", kinds)}");
    }
}
