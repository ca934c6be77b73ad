using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Libraries;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>What is asked of cuDNN and taken from its answers.</summary>
public class CuDnnTests
{
    [Fact]
    public void TheLineOfAnAlgorithmHasTheLayoutOfTheHeaderFile()
    {
        Assert.Equal(48, Unsafe.SizeOf<CuDnnAlgorithm>());
        Assert.Equal(4, (int)Marshal.OffsetOf<CuDnnAlgorithm>(nameof(CuDnnAlgorithm.Status)));
        Assert.Equal(8, (int)Marshal.OffsetOf<CuDnnAlgorithm>(nameof(CuDnnAlgorithm.Milliseconds)));
        Assert.Equal(16, (int)Marshal.OffsetOf<CuDnnAlgorithm>(nameof(CuDnnAlgorithm.WorkspaceBytes)));
        Assert.Equal(24, (int)Marshal.OffsetOf<CuDnnAlgorithm>(nameof(CuDnnAlgorithm.Determinism)));
        Assert.Equal(28, (int)Marshal.OffsetOf<CuDnnAlgorithm>(nameof(CuDnnAlgorithm.MathType)));
    }

    [Theory]
    [InlineData(8907, "8.9.7")]
    [InlineData(8500, "8.5.0")]
    [InlineData(90000, "9.0.0")]
    [InlineData(91002, "9.10.2")]
    public void VersionsBeforeAndFromNineAreReadEachInItsWay(long number, string expected) =>
        Assert.Equal(expected, CuDnn.Describe(number));

    [Fact]
    public void AnAlgorithmServesOnlyWhenItIsSupportedDeterministicAndFits()
    {
        CuDnnAlgorithm good = new()
        {
            Algorithm = 1,
            Determinism = CuDnnFunctions.Deterministic,
            MathType = CuDnnFunctions.DefaultMath,
            WorkspaceBytes = 1 << 20,
        };
        Assert.True(Serves(good));
        Assert.False(Serves(good with { Status = 9 }));
        Assert.False(Serves(good with { Status = 3000 }));
        Assert.False(Serves(good with { Determinism = 0 }));
        Assert.False(Serves(good with { WorkspaceBytes = unchecked((nuint)(2L << 30)) }));
        Assert.False(Serves(good with { MathType = CuDnnFunctions.TensorMathWithConversion }));
        Assert.True(Serves(good with { MathType = CuDnnFunctions.TensorMath }));
        Assert.True(Serves(good with { Algorithm = 6 }));

        static bool Serves(in CuDnnAlgorithm algorithm) => CuDnnPlan.Serves(algorithm, Precision.TensorFloat32, ConvolutionForm.Value);
    }

    [Theory]
    [InlineData(nameof(ConvolutionForm.Value), new[] { 0, 1, 2, 3 }, new[] { 4, 5, 6, 7 })]
    [InlineData(nameof(ConvolutionForm.InputGradient), new[] { 0, 1 }, new[] { 2, 3, 4, 5 })]
    [InlineData(nameof(ConvolutionForm.WeightGradient), new[] { 0, 1, 3 }, new[] { 2, 4, 5, 6 })]
    public void Float32MeansSumsOfProductsOfUnroundedNumbers(string form, int[] sums, int[] detours)
    {
        Assert.All(sums, algorithm => Assert.True(Serves(algorithm, CuDnnFunctions.FusedMultiplyAddMath)));
        Assert.All(sums, algorithm => Assert.False(Serves(algorithm, CuDnnFunctions.TensorMath)));
        Assert.All(detours, algorithm => Assert.False(Serves(algorithm, CuDnnFunctions.FusedMultiplyAddMath)));

        bool Serves(int algorithm, int mathType) => CuDnnPlan.Serves(
            new CuDnnAlgorithm { Algorithm = algorithm, Determinism = CuDnnFunctions.Deterministic, MathType = mathType },
            Precision.Float32, Enum.Parse<ConvolutionForm>(form));
    }
}
