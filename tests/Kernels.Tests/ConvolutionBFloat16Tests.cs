using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using CrossModal.Kernels.Cpu;
using CrossModal.Kernels.Reference;
using Arrays = CrossModal.Kernels.Tests.MatrixProductBFloat16Tests.Arrays;

namespace CrossModal.Kernels.Tests;

/// <summary>
/// The direct convolutions of float32 and bfloat16 arrays in each role, computed in each way: with one factor of bfloat16 the other is
/// rounded to it too, sums are float32, and a result of bfloat16 is rounded once.
/// </summary>
public class ConvolutionBFloat16Tests
{
    private const ElementType Wide = ElementType.Float32, Narrow = ElementType.BFloat16;

    /// <summary>Each way to multiply with each width of vectors, which also decides where few channels are read.</summary>
    public static TheoryData<string, string> Ways => new(
        from path in Enum.GetNames<BFloat16Path>()
        from vectors in Enum.GetNames<VectorPath>()
        select (path, vectors));

    /// <summary>The types of the two factors and of the result.</summary>
    private static readonly (ElementType A, ElementType B, ElementType C)[] Types =
    [
        (Narrow, Wide, Narrow), (Narrow, Narrow, Wide), (Narrow, Narrow, Narrow), (Wide, Narrow, Wide), (Narrow, Wide, Wide),
        (Wide, Wide, Narrow),
    ];

    /// <summary>Factors and what is to come out of them as they are and rounded, for all ways to be compared with.</summary>
    private static readonly Lazy<Case[]> Cases = new(MakeCases);

    private sealed record Case(string Name, MatrixProductCheck.Product Form, float[] A, float[] B, (double Sum, double Scale)[] Plain,
        (double Sum, double Scale)[] Rounded);

    [Theory]
    [MemberData(nameof(Ways))]
    public void AllThreeFormsMatchTheSumsOfTheRoundedFactors(string path, string vectors)
    {
        using var cpu = Open(path, vectors, 2);
        foreach (var one in Cases.Value)
        {
            foreach (var types in Types)
            {
                var result = Result(cpu, one.Form, types, one.A, one.B, one.Plain.Length);
                var expected = types.A == Narrow || types.B == Narrow ? one.Rounded : one.Plain;
                for (var i = 0; i < expected.Length; i++)
                {
                    // Sums err by a few 2⁻²⁴ of what was added; a result of bfloat16 by half of 2⁻⁷ of itself more.
                    var (sum, scale) = expected[i];
                    var error = Math.Abs(result[i] - sum);
                    var tolerance = 1e-5 * scale + (types.C == Narrow ? Math.Abs(sum) / 256 : 0);
                    Assert.True(error <= tolerance, $"{path} {vectors} {types} {one.Name}: element {i} is {result[i]}, expected {sum}; " +
                        $"{error / tolerance:0.0} of the tolerance");
                }
            }
        }
    }

    /// <summary>Also of denormal numbers, infinities and NaN.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public void EveryWayGivesTheSameBits(string path, string vectors)
    {
        Assert.SkipUnless(FlushToZero.IsSupported || path == nameof(BFloat16Path.Portable), "denormal numbers cannot be flushed here");
        Assert.SkipWhen(vectors == nameof(VectorPath.Portable) && !Fma.IsSupported && !AdvSimd.IsSupported,
            "products and sums are rounded apart here");
        using var portable = Open(nameof(BFloat16Path.Portable), vectors, 1);
        using var cpu = Open(path, vectors, 3);
        var random = new CountedRandom(29);
        foreach (var one in Cases.Value)
        {
            var types = Types[random.NextInt(Types.Length)];
            var (low, end) = random.NextInt(3) switch { 0 => (0, 256), 1 => (40, 80), _ => (117, 130) };
            var a = MatrixProductBFloat16Tests.Numbers(random, one.A.Length, low, end);
            var b = MatrixProductBFloat16Tests.Numbers(random, one.B.Length, low, end);
            Assert.Equal(MatrixProductBFloat16Tests.Bits(Result(portable, one.Form, types, a, b, one.Plain.Length)),
                MatrixProductBFloat16Tests.Bits(Result(cpu, one.Form, types, a, b, one.Plain.Length)));
        }
    }

    [Theory]
    [InlineData(3, 20)]
    [InlineData(3, 32)]
    [InlineData(17, 33)]
    [InlineData(40, 1)]
    public void ResultsDoNotDependOnTheNumberOfThreads(int inputChannels, int outputChannels)
    {
        foreach (var batch in new[] { 1, 9 })
        {
            var g = new ConvolutionGeometry(batch, new(24, 4, 2, 1), new(22, 4, 2, 1), inputChannels, outputChannels);
            foreach (var form in ConvolutionTests.Forms(g))
            {
                var random = new CountedRandom(3);
                var a = MatrixProductBFloat16Tests.Numbers(random, (int)form.CountA, 117, 130);
                var b = MatrixProductBFloat16Tests.Numbers(random, (int)form.CountB, 117, 130);
                int[]? one = null;
                foreach (var threads in new[] { 1, 2, 3 })
                {
                    using var cpu = new CpuBackend(threads, Precision.BFloat16) { WinogradOutputs = 0 };
                    var result = MatrixProductBFloat16Tests.Bits(
                        Result(cpu, form.Product, (Narrow, Wide, Narrow), a, b, (int)form.CountC));
                    Assert.Equal(one ??= result, result);
                }
            }
        }
    }

    /// <summary>Networks share weights between activations of both types, or change the type of a layer's input between calls.</summary>
    [Fact]
    public void KeptPanelsOfRoundedWeightsAreNotThoseOfTheWeights()
    {
        var g = new ConvolutionGeometry(2, new(9, 3, 1, 1), new(9, 3, 1, 1), 20, 24);
        var random = new CountedRandom(5);
        foreach (var path in Enum.GetNames<BFloat16Path>().Where(name => BFloat16Paths.Supports(Enum.Parse<BFloat16Path>(name))))
        {
            using var cpu = Open(path, VectorPaths.Best.ToString(), 2);
            using var arrays = new Arrays(cpu);
            var numbers = MatrixProductBFloat16Tests.Numbers(random, (int)g.InputCount, 120, 128);
            var (x, xNarrow) = (arrays.Make(numbers, Wide), arrays.Make(numbers, Narrow));
            numbers = MatrixProductBFloat16Tests.Numbers(random, (int)g.OutputCount, 120, 128);
            var (dy, dyNarrow) = (arrays.Make(numbers, Wide), arrays.Make(numbers, Narrow));
            var w = arrays.Make(MatrixProductBFloat16Tests.Numbers(random, (int)g.WeightCount, 120, 128), Wide);
            var (y, dx) = (arrays.Make(new float[g.OutputCount], Wide), arrays.Make(new float[g.InputCount], Wide));
            float[][] Both(DeviceArray input, DeviceArray gradient)
            {
                cpu.Convolution(g, input, w, y);
                cpu.ConvolutionInputGradient(g, gradient, w, dx);
                return [arrays.Read(y), arrays.Read(dx)];
            }

            var (plain, rounded) = (Both(x, dy), Both(xNarrow, dyNarrow));
            Assert.NotEqual(plain, rounded);
            for (var call = 0; call < 3; call++)
            {
                Assert.Equal(plain, Both(x, dy));
                Assert.Equal(rounded, Both(xNarrow, dyNarrow));
            }

            Assert.True(cpu.WorkspaceBytes > 0, "nothing was kept");
        }
    }

    [Fact]
    public void AllocatesNothingOnceWarm()
    {
        using var cpu = new CpuBackend(2, Precision.BFloat16) { WinogradOutputs = 0 };
        using var arrays = new Arrays(cpu);
        foreach (var channels in new[] { 3, 20 })
        {
            var g = new ConvolutionGeometry(6, new(16, 4, 2, 1), new(16, 4, 2, 1), channels, 32);
            var (x, y) = (arrays.Make(new float[g.InputCount], Narrow), arrays.Make(new float[g.OutputCount], Narrow));
            var w = arrays.Make(new float[g.WeightCount], Wide);
            Allocations.NoneBy(() =>
            {
                for (var i = 0; i < 5; i++)
                {
                    cpu.Convolution(g, x, w, y);
                    cpu.ConvolutionInputGradient(g, y, w, x);
                    cpu.ConvolutionWeightGradient(g, x, y, w);
                }
            });
        }
    }

    private static CpuBackend Open(string path, string vectors, int threads)
    {
        var (wanted, vectorPath) = (Enum.Parse<BFloat16Path>(path), Enum.Parse<VectorPath>(vectors));
        Assert.SkipUnless(BFloat16Paths.Supports(wanted), "this processor has no vdpbf16ps, or the system lets no code be made");
        Assert.SkipUnless(VectorPaths.Supports(vectorPath), $"this machine has no {vectors}");
        return new CpuBackend(threads, Precision.BFloat16) { BFloat16Path = wanted, VectorPath = vectorPath, WinogradOutputs = 0 };
    }

    private static float[] Result(CpuBackend cpu, MatrixProductCheck.Product form, (ElementType A, ElementType B, ElementType C) types,
        float[] a, float[] b, int count)
    {
        using var arrays = new Arrays(cpu);
        var c = arrays.Make([.. Enumerable.Repeat(7f, count)], types.C);
        form(cpu, arrays.Make(a, types.A), arrays.Make(b, types.B), c);
        return arrays.Read(c);
    }

    private static Case[] MakeCases()
    {
        using var reference = new ReferenceBackend();
        var random = new CountedRandom(17);
        var cases = new List<Case>();
        foreach (var g in ConvolutionTests.Geometries)
        {
            foreach (var form in ConvolutionTests.Forms(g))
            {
                var a = MatrixProductBFloat16Tests.Numbers(random, (int)form.CountA, 117, 128);
                var b = MatrixProductBFloat16Tests.Numbers(random, (int)form.CountB, 117, 128);
                (double, double)[] Sums(float[] left, float[] right) =>
                [
                    .. OnReference(reference, form.Product, left, right, form.CountC).Zip(
                        OnReference(reference, form.Product, [.. left.Select(Math.Abs)], [.. right.Select(Math.Abs)], form.CountC)),
                ];
                cases.Add(new($"{form.Name} {g}", form.Product, a, b, Sums(a, b),
                    Sums(MatrixProductBFloat16Tests.Rounded(a), MatrixProductBFloat16Tests.Rounded(b))));
            }
        }

        return [.. cases];
    }

    private static double[] OnReference(ReferenceBackend reference, MatrixProductCheck.Product form, float[] a, float[] b, long count)
    {
        DeviceBuffer[] buffers = [Room(a.Length), Room(b.Length), Room(count)];
        var (left, right, result) = (Array(buffers[0], a.Length), Array(buffers[1], b.Length), Array(buffers[2], count));
        for (var i = 0; i < a.Length; i++)
            left.Span<double>()[i] = a[i];
        for (var i = 0; i < b.Length; i++)
            right.Span<double>()[i] = b[i];
        form(reference, left, right, result);
        var sums = result.Span<double>().ToArray();
        foreach (var buffer in buffers)
            reference.Memory.Release(buffer);
        return sums;

        DeviceBuffer Room(long elements) => reference.Memory.Allocate(elements * sizeof(double), "test");
        DeviceArray Array(DeviceBuffer buffer, long elements) => new(buffer.Address, elements, ElementType.Float64);
    }
}
