using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Verification.Launches;

namespace CrossModal.Tensors.Tests.Launches;

/// <summary>Every kernel of the program can be looked at, by a launch that is had without writing one.</summary>
public sealed class KernelCatalogTests
{
    public static TheoryData<string> Families => [.. KernelSource.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void EveryKernelOfAFileIsInTheCatalog(string family)
    {
        TestDevices.Require("cuda-sim");
        using var module = new SimulatedModule(family, HostCompiler.Find().Compile(KernelSource.Of(family), SimulatorBuild.Checked));
        Assert.Equal(module.Kernels.Order(StringComparer.Ordinal),
            KernelCatalog.All.Where(kernel => kernel.Family == family).Select(kernel => kernel.Name));
    }

    /// <summary>What is recorded is the launch that was listed without running anything.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void ALaunchOfEachFileIsRecorded(string family)
    {
        TestDevices.Require("cuda-sim");
        var launch = KernelCatalog.All.First(kernel => kernel.Family == family).Launches[0];
        var trace = launch.Record();
        Assert.Equal((launch.Shape, launch.Kernel, 0L), (trace.Shape, trace.Kernel, trace.Dropped));
        Assert.NotEmpty(trace.Accesses);
        Assert.All(trace.Places, place => Assert.InRange(place.Line, 1, 1000));
        Assert.Contains(trace.Places, place => place.File.StartsWith(family, StringComparison.Ordinal) || place.File.EndsWith(".cuh"));
    }

    /// <summary>What the kernel's comment promises: whole cache lines on both sides, and no two words of a bank at once.</summary>
    [Fact]
    public void TheTransposeMovesWholeLinesWithoutConflict()
    {
        TestDevices.Require("cuda-sim");
        var launch = KernelCatalog.Find("movement_transpose_4").Launches[0];
        Assert.Equal("transpose [131, 257]", launch.Case.Name);
        var trace = launch.Record();
        Assert.Equal(2, trace.Lines.Count(line => line.Sectors > 0));
        Assert.All(trace.Lines, line => Assert.Equal((32, 0), (line.Accesses, line.Divergent)));
        Assert.All(trace.Lines.Where(line => trace.Arrays[line.Array].IsShared), line => Assert.Equal(1, line.WorstConflict));

        // Rows of 257 and 131 floats begin anywhere, so that the 32 of a warp lie in five sectors where four would do.
        Assert.All(trace.Accesses.Where(access => !access.IsShared), access => Assert.InRange(access.Sectors, 4, 5));
    }

    [Fact]
    public void AWrongNameIsAnsweredWithThoseNearIt()
    {
        Assert.StartsWith("there is no kernel 'softmax_log_3'; near it are softmax_log_1, softmax_log_2, ",
            Assert.Throws<BadInputException>(() => KernelCatalog.Find("softmax_log_3")).Message, StringComparison.Ordinal);
        Assert.StartsWith("there is no kernel 'transpose'; near it are movement_transpose_4, movement_transpose_8",
            Assert.Throws<BadInputException>(() => KernelCatalog.Find("transpose")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("matrix_product_1", "Version 1: a thread an element of C, each operand read from global memory for each use.")]
    [InlineData("elementwise_exp", "y[i] = f(x[i]) for count elements.")]
    [InlineData("reduction_rows_1_sum", "y[rows] of x[rows, length], `lanes` lanes of a warp a row (a power of two, 1 to 32).")]
    [InlineData("join_rows_4", "y[i] = a[i] with b[i / repeat] behind it, for `rows` rows of a[rows, left] and b[rows / repeat, right].")]
    [InlineData("movement_copy_8", "Version 1, for every geometry: y at strides_out = x at strides_a.")]
    public void AKernelSaysWhatItIsFor(string kernel, string purpose) => Assert.Equal(purpose, KernelCatalog.Find(kernel).Purpose);
}
