using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

/// <summary>Weights in the form that products read stay between calls, and go as soon as anybody writes to them.</summary>
public class KeptPanelsTests
{
    /// <summary>Convolutions of each kind that keeps something, and one whose two forms have panels of one size.</summary>
    private static readonly ConvolutionGeometry[] Geometries =
    [
        new(64, new(16, 4, 2, 1), new(16, 4, 2, 1), 32, 48),
        new(192, new(8, 4, 2, 1), new(8, 4, 2, 1), 64, 64),
        new(1, new(16, 4, 2, 1), new(16, 4, 2, 1), 32, 64),
        new(20, new(9, 3, 1, 1), new(9, 3, 1, 1), 32, 32),
    ];

    /// <summary>Every primitive that writes float32, each over the first numbers of an array.</summary>
    private static readonly Dictionary<string, Action<CpuBackend, Arrays>> Writers = new()
    {
        ["upload"] = (cpu, a) => cpu.Upload<float>(new float[a.Y.Count], a.Y),
        ["fill"] = (cpu, a) => cpu.Fill(a.Y, 0.25),
        ["strided copy"] = (cpu, a) => cpu.StridedCopy(Sixteen, a.X, a.Y),
        ["one-hot"] = (cpu, a) => cpu.OneHot(a.Labels.Slice(0, 4), 4, a.Y),
        ["shift"] = (cpu, a) => cpu.Shift(new ShiftGeometry(1, 2, 2, 4), a.X, a.X.Slice(0, 2), a.Y),
        ["unary"] = (cpu, a) => cpu.Unary(UnaryOperation.Exp, a.X, a.Y),
        ["binary"] = (cpu, a) => cpu.Binary(BinaryOperation.Add, Sixteen, a.X, a.X, a.Y),
        ["sum"] = (cpu, a) => cpu.Reduce(ReductionOperation.Sum, new ReductionGeometry(16, 1, 1), a.X, a.Y),
        ["maximum"] = (cpu, a) => cpu.Reduce(ReductionOperation.Maximum, new ReductionGeometry(16, 1, 1), a.X, a.Y),
        ["log-softmax"] = (cpu, a) => cpu.LogSoftmax(4, 4, a.X, a.Y),
        ["matrix product"] = (cpu, a) => cpu.MatrixProduct(new MatrixProductGeometry(1, 4, 4, 4, false, false), a.X, a.X, a.Y),
        ["convolution"] = (cpu, a) => cpu.Convolution(Pointwise, a.X, a.X, a.Y),
        ["input gradient"] = (cpu, a) => cpu.ConvolutionInputGradient(Pointwise, a.X, a.X, a.Y),
        ["weight gradient"] = (cpu, a) => cpu.ConvolutionWeightGradient(Pointwise, a.X, a.X, a.Y),
        ["mean"] = (cpu, a) => cpu.BatchNormStatistics(Norm, a.X, a.Y, a.Spare),
        ["variance"] = (cpu, a) => cpu.BatchNormStatistics(Norm, a.X, a.Spare, a.Y),
        ["batch normalization"] = (cpu, a) => cpu.BatchNormApply(Norm, new(a.X, a.X, a.Ones, a.X, a.X), a.Y),
        ["its input gradient"] = (cpu, a) => cpu.BatchNormGradient(Norm, a.X, new(a.X, a.X, a.Ones, a.X, a.X),
            new(a.Y, a.Spare, a.Spare)),
        ["its scale's gradient"] = (cpu, a) => cpu.BatchNormGradient(Norm, a.X, new(a.X, a.X, a.Ones, a.X, a.X),
            new(a.Spare, a.Y, a.Spare)),
        ["its shift's gradient"] = (cpu, a) => cpu.BatchNormGradient(Norm, a.X, new(a.X, a.X, a.Ones, a.X, a.X),
            new(a.Spare, a.Spare, a.Y)),
        ["pooling"] = (cpu, a) => cpu.MaxPool(Pool, a.X, a.Y, a.Labels),
        ["pooling scatter"] = (cpu, a) => cpu.MaxPoolScatter(Pool, a.X, a.Labels, a.Y),
        ["pooling gather"] = (cpu, a) => cpu.MaxPoolGather(Pool, a.X, a.Labels, a.Y),
        ["random"] = (cpu, a) => cpu.Random(new(RandomDistribution.Uniform, 0, 1), 1, 2, a.Counter, a.Y),
        ["Adam's parameters"] = (cpu, a) => cpu.Adam(Adam, a.Ones, a.Counter, new(a.Y, a.X, a.Spare, a.Ones)),
        ["Adam's first moment"] = (cpu, a) => cpu.Adam(Adam, a.Ones, a.Counter, new(a.Spare, a.X, a.Y, a.Ones)),
        ["Adam's second moment"] = (cpu, a) => cpu.Adam(Adam, a.Ones, a.Counter, new(a.Spare, a.X, a.Ones, a.Y)),
        ["gradient descent"] = (cpu, a) => cpu.Sgd(0.5f, 0, a.Ones, a.Y, a.X, a.Spare),
        ["its velocity"] = (cpu, a) => cpu.Sgd(0.5f, 0, a.Ones, a.Spare, a.X, a.Y),
    };

    private static StridedGeometry Sixteen => StridedGeometry.Merge([16], [1], [1], [1]);

    private static readonly ConvolutionGeometry Pointwise = new(4, new(1, 1), new(1, 1), 4, 4);
    private static readonly BatchNormGeometry Norm = new(1, 4, 4, 1e-5f);
    private static readonly PoolingGeometry Pool = new(1, 4, 4, 1, 1, 1);
    private static readonly AdamConstants Adam = new(0.9f, 0.99f, 1e-8f, 0);

    public static TheoryData<string> WriterNames => [.. Writers.Keys];

    /// <summary>Arrays of sixteen numbers to write from; Y lies within the weights.</summary>
    private sealed record Arrays(DeviceArray X, DeviceArray Y, DeviceArray Spare, DeviceArray Ones, DeviceArray Labels,
        DeviceArray Counter);

    [Fact]
    public void KeptOrNotTheResultIsTheSameToTheBit()
    {
        foreach (var path in Enum.GetValues<VectorPath>().Where(VectorPaths.Supports))
        {
            foreach (var g in Geometries)
            {
                using var cpu = new CpuBackend(2) { VectorPath = path };
                using var check = new MatrixProductCheck(cpu, 3);
                var (x, w, y, dx) = Operands(check, g);
                float[][] Both()
                {
                    cpu.Convolution(g, x, w, y);
                    cpu.ConvolutionInputGradient(g, y, w, dx);
                    return [y.Span<float>().ToArray(), dx.Span<float>().ToArray()];
                }

                var first = Both();
                for (var call = 0; call < 3; call++)
                    Assert.Equal(first, Both());
                Assert.True(path == VectorPath.Portable || cpu.WorkspaceBytes > 0, $"nothing kept of {g}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(WriterNames))]
    public void AWriteIsSeen(string writer)
    {
        var g = Geometries[0];
        using var cpu = new CpuBackend(2);
        using var check = new MatrixProductCheck(cpu, 4);
        var (x, w, y, _) = Operands(check, g);
        for (var call = 0; call < 3; call++)
            cpu.Convolution(g, x, w, y);
        var before = y.Span<float>().ToArray();
        Assert.True(cpu.WorkspaceBytes > 0);

        var arrays = new Arrays(check.Guarded([.. Enumerable.Range(1, 16).Select(i => i / 16f)], 0), w.Slice(640, 16),
            check.Guarded(new float[16], 0), check.Guarded([.. Enumerable.Repeat(1f, 16)], 0),
            Memory(cpu, 16, ElementType.Int32), Memory(cpu, 1, ElementType.Int64));
        cpu.Upload<int>(new int[16], arrays.Labels);
        cpu.Upload<long>([1], arrays.Counter);
        Writers[writer](cpu, arrays);
        cpu.Convolution(g, x, w, y);
        var after = y.Span<float>().ToArray();

        using var fresh = new CpuBackend(2);
        fresh.Convolution(g, x, w, y);
        Assert.Equal(y.Span<float>().ToArray(), after);
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void WhatIsWrittenAfterTwoReadsIsNotKept()
    {
        var g = Geometries[0];
        using var cpu = new CpuBackend(2);
        using var check = new MatrixProductCheck(cpu, 5);
        var (x, w, y, dx) = Operands(check, g);
        for (var step = 0; step < 4; step++)
        {
            cpu.Unary(UnaryOperation.Affine, w, w, -1);
            cpu.Convolution(g, x, w, y);
            cpu.ConvolutionInputGradient(g, y, w, dx);
            cpu.Convolution(g, x, w, y);
            Assert.Equal(0, cpu.WorkspaceBytes);
        }

        for (var call = 0; call < 3; call++)
            cpu.Convolution(g, x, w, y);
        Assert.True(cpu.WorkspaceBytes > 0);
        for (var step = 0; step < 2; step++)
        {
            cpu.Unary(UnaryOperation.Affine, w, w, -1);
            cpu.Convolution(g, x, w, y);
        }

        cpu.Unary(UnaryOperation.Affine, w, w, -1);
        Assert.Equal(0, cpu.WorkspaceBytes);
    }

    [Fact]
    public void ManyArraysAreNotRememberedForEver()
    {
        var g = new ConvolutionGeometry(1, new(8, 3, 1, 1), new(8, 3, 1, 1), 16, 16);
        using var cpu = new CpuBackend(1);
        using var check = new MatrixProductCheck(cpu, 6);
        var (x, _, y, _) = Operands(check, g);
        DeviceArray w = default;
        for (var i = 0; i < 600; i++)
        {
            w = check.Guarded(new float[g.WeightCount], 0);
            cpu.Convolution(g, x, w, y);
        }

        cpu.Convolution(g, x, w, y);
        cpu.Convolution(g, x, w, y);
        Assert.True(cpu.WorkspaceBytes > 0, "the newest is kept");
    }

    private static (DeviceArray X, DeviceArray W, DeviceArray Y, DeviceArray Dx) Operands(MatrixProductCheck check,
        in ConvolutionGeometry g)
    {
        var random = new CountedRandom(7);
        float[] Normal(long count) => [.. Enumerable.Range(0, (int)count).Select(_ => (float)random.NextNormal())];
        return (check.Guarded(Normal(g.InputCount), 0), check.Guarded(Normal(g.WeightCount), 0), check.Guarded(new float[g.OutputCount], 0),
            check.Guarded(new float[g.InputCount], 0));
    }

    private static DeviceArray Memory(CpuBackend cpu, long count, ElementType type) =>
        new(cpu.Memory.Allocate(count * type.Size(), "test").Address, count, type);
}
