using System.Runtime.InteropServices;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Libraries;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// What <see cref="KernelChoiceLibraryTests"/> tries, run in a copy of the engine that finds the stand-ins. Each is given a folder for
/// choices.
/// </summary>
public static unsafe class KernelChoiceLibraryScenarios
{
    private static readonly MatrixProductGeometry[] Products =
    [
        new(1, 3, 5, 7, false, false), new(1, 4, 8, 16, true, false), new(1, 5, 2, 3, false, true), new(1, 1, 6, 4, true, true),
        new(3, 4, 2, 5, false, false), new(2, 3, 4, 1, true, true), new(1, 4, 8, 12, false, true),
    ];

    private static readonly ConvolutionGeometry[] Convolutions =
    [
        new(2, new(5, 3, 1, 1), new(7, 3, 1, 1), 3, 4), new(1, new(8, 4, 2, 1), new(6, 4, 2, 1), 4, 8),
        new(2, new(7, 2, 3), new(5, 3, 2, 1), 1, 2),
            new(1, new(1, 1), new(1, 1), 5, 3),
    ];

    /// <summary>Settles which libraries this copy has; their paths, a line each.</summary>
    public static string FindLibraries() => $"{CudaLibrary.Cublas.Lookup.Name}\n{CudaLibrary.Cudnn.Lookup.Name}";

    public static void DemandedLibrariesCompute(string folder)
    {
        Assert.Equal(("12.3.4", "9.12.3"), (CuBlas.Version, CuDnn.Version));
        foreach (var precision in Enum.GetValues<Precision>())
        {
            var (products, convolutions) = Calls();
            using (var backend = Open(folder, All(KernelProvider.Library) with { Precision = precision }))
            {
                foreach (var geometry in Products)
                    CheckProduct(backend, geometry);
                foreach (var geometry in Convolutions)
                    CheckConvolutions(backend, geometry);
                Assert.Equal((products + Products.Length, convolutions + 3 * Convolutions.Length), Calls());

                Assert.Equal(
                    [$"matrix products: cuBLAS 12.3.4 in {precision.Name()}", $"convolutions: cuDNN 9.12.3 in {precision.Name()}"],
                    backend.ComputedBy);
            }

            Assert.Equal((0, 0), Handles());
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    public static void HandwrittenKernelsFillTheGaps(string folder)
    {
        using var backend = Open(folder, All(KernelProvider.Library));
        var before = Calls();
        CheckProduct(backend, new MatrixProductGeometry(1, 3, 4, 0, false, false));
        CheckProduct(backend, new MatrixProductGeometry(0, 3, 4, 5, false, false));
        CheckConvolutions(backend, new ConvolutionGeometry(2, new(6, 3, 1, 2, 2), new(6, 3, 1, 2, 2), 3, 2));
        CheckConvolutions(backend, new ConvolutionGeometry(0, new(6, 3), new(6, 3), 3, 2));

        // A view that begins between two multiples of 16 bytes.
        CheckConvolutions(backend, Convolutions[1], start: 1);
        Assert.All(backend.ComputedBy, line => Assert.Contains("handwritten in float32", line));
        Assert.Equal(before, Calls());
    }

    public static void AutoTakesTheFasterLibrary(string folder)
    {
        // A launch takes a millisecond, and what the library does none.
        using (var backend = Open(folder, new DeviceSettings(), launches => launches + 0.001f))
        {
            foreach (var geometry in Products)
                CheckProduct(backend, geometry);
            foreach (var geometry in Convolutions)
                CheckConvolutions(backend, geometry);
            ExpectCalls(backend, products: 1, convolutions: 3);
        }

        var files = Directory.GetFiles(Path.Combine(folder, "cuda"), "choices-simulated-gpu--host-c----*.json");
        Assert.Equal(2, files.Length);
        var text = string.Concat(files.Select(File.ReadAllText));
        Assert.Contains("\"chosen\": \"cublas\"", text);
        Assert.Contains("\"chosen\": \"cudnn\"", text);
        Assert.DoesNotContain("\"chosen\": \"matrix_product", text);
        Assert.DoesNotContain("\"chosen\": \"convolution", text);

        // The next run asks no clock: it keeps to what was chosen, though now the opposite would be.
        using var next = Open(folder, new DeviceSettings(), launches => throw new InvalidOperationException("measured again"));
        ExpectCalls(next, products: 1, convolutions: 3);
    }

    public static void AutoTakesTheFasterKernels(string folder)
    {
        using var backend = Open(folder, new DeviceSettings(), launches => launches == 0 ? 5 : 0.5f * launches);
        CheckProduct(backend, Products[0]);
        CheckConvolutions(backend, Convolutions[0]);
        ExpectCalls(backend, products: 0, convolutions: 0);
        var text = string.Concat(Directory.GetFiles(Path.Combine(folder, "cuda")).Select(File.ReadAllText));
        Assert.DoesNotContain("\"chosen\": \"cu", text);
        Assert.Contains("\"cublas\": 5", text);
    }

    public static void HandwrittenAsksNoLibrary(string folder)
    {
        using var backend = Open(folder,
            All(KernelProvider.Handwritten), launches => launches + 0.001f);
        var before = Calls();
        CheckProduct(backend, Products[1]);
        CheckConvolutions(backend, Convolutions[1]);
        Assert.Equal(before, Calls());
        Assert.Equal((0, 0), Handles());
    }

    public static void AWarmCallAllocatesNothing(string folder)
    {
        using var backend = Open(folder, All(KernelProvider.Library));
        var (product, convolution) = (Products[1], Convolutions[1]);
        var (a, b, c) = (Array(backend, 4 * 16), Array(backend, 16 * 8), Array(backend, 4 * 8));
        var (x, w, y) = (Array(backend, convolution.InputCount), Array(backend, convolution.WeightCount),
            Array(backend, convolution.OutputCount));
        Step();
        var blocks = backend.Memory.DeviceAllocations;
        Allocations.NoneBy(Step);
        Assert.Equal(blocks, backend.Memory.DeviceAllocations);

        void Step()
        {
            backend.MatrixProduct(product, a, b, c);
            backend.Convolution(convolution, x, w, y);
            backend.ConvolutionInputGradient(convolution, y, w, x);
            backend.ConvolutionWeightGradient(convolution, x, y, w);
        }
    }

    public static void AFailureHasFunctionAndMeaning(string folder)
    {
        using var memory = new DeviceMemoryPool(new HostAllocator(), "test");

        // The stand-in refuses a product without a stream.
        using var cuBlas = CuBlas.Open(0, Precision.Float32, memory);
        var buffer = memory.Allocate(64, "test");
        var array = new DeviceArray(buffer.Address, 1, ElementType.Float32);
        var error = Assert.Throws<CudaException>(() =>
            cuBlas.MatrixProduct(new MatrixProductGeometry(1, 1, 1, 1, false, false), array, array, array));
        Assert.Equal("cublasGemmEx: CUBLAS_STATUS_INVALID_VALUE, an unsupported value or parameter was passed to the function",
            error.Message);
        memory.Release(buffer);
    }

    /// <summary>A product on the backend against the reference; what it is added to holds numbers before.</summary>
    internal static void CheckProduct(CudaBackend backend, MatrixProductGeometry g)
    {
        long m = g.M, n = g.N, k = g.K;
        Check(backend, $"product {g}", g.Batch * m * k, g.Batch * k * n, g.Batch * m * n, (device, a, b, c) =>
            device.MatrixProduct(g, a, b, c));
    }

    private static void CheckConvolutions(CudaBackend backend, ConvolutionGeometry g, int start = 0)
    {
        Check(backend, $"convolution {g}", g.InputCount, g.WeightCount, g.OutputCount, (device, x, w, y) =>
            device.Convolution(g, x, w, y), start);
        Check(backend, $"input gradient {g}", g.OutputCount, g.WeightCount, g.InputCount, (device, y, w, x) =>
            device.ConvolutionInputGradient(g, y, w, x), start);
        Check(backend, $"weight gradient {g}", g.InputCount, g.OutputCount, g.WeightCount, (device, x, y, w) =>
            device.ConvolutionWeightGradient(g, x, y, w), start);
    }

    /// <summary>In bfloat16 where the backend's precision is that: then cuDNN rounds its results, too.</summary>
    /// <param name="start">The first array begins so many elements behind where its memory does, as a view does.</param>
    private static void Check(CudaBackend backend, string what, long first, long second, long result,
        Action<Backend, DeviceArray, DeviceArray, DeviceArray> primitive, int start = 0)
    {
        using var reference = new ReferenceBackend();
        var random = new CountedRandom(7);
        var narrow = backend.Precision == Precision.BFloat16;
        var values = new[] { first, second, result }
            .Select((count, i) => Enumerable.Range(0, (int)count + (i == 0 ? start : 0)).Select(_ => random.NextUniform(-1, 1))
                .Select(number => narrow ? BFloat16.Round(number) : number).ToArray())
            .ToArray();
        var here = values.Select((numbers, i) => narrow && i < 2 ? Upload(backend, BFloat16.Round(numbers)) : Upload(backend, numbers))
            .ToArray();
        var there = values.Select(numbers => Upload(reference, System.Array.ConvertAll(numbers, number => (double)number))).ToArray();
        (here[0], there[0]) = (here[0].Slice(start, first), there[0].Slice(start, first));
        primitive(backend, here[0], here[1], here[2]);
        primitive(reference, there[0], there[1], there[2]);
        var actual = new float[result];
        var expected = new double[result];
        backend.Download<float>(here[2], actual);
        reference.Download<double>(there[2], expected);

        var tolerance = narrow ? 1.0 / (1 << 7) : 1e-5;
        var failure = Closeness.Check(what, "", System.Array.ConvertAll(actual, number => (double)number), expected, tolerance, tolerance);
        if (failure != null)
            Assert.Fail(failure);
    }

    private static DeviceArray Upload<T>(Backend backend, T[] values) where T : unmanaged
    {
        var type = typeof(T) == typeof(float) ? ElementType.Float32
            : typeof(T) == typeof(BFloat16) ? ElementType.BFloat16 : ElementType.Float64;
        var array = new DeviceArray(backend.Memory.Allocate(values.Length * (long)type.Size(), "test").Address, values.Length, type);
        backend.Upload<T>(values, array);
        return array;
    }

    private static DeviceArray Array(CudaBackend backend, long count) => Upload(backend, new float[count]);

    private static DeviceSettings All(KernelProvider provider) => new() { MatrixProducts = provider, Convolutions = provider };

    private static CudaBackend Open(string folder, DeviceSettings options, Func<int, float>? milliseconds = null) =>
        new(new GpuLikeDriver(milliseconds), options) { ChoiceFolder = folder };

    private static void ExpectCalls(CudaBackend backend, int products, int convolutions)
    {
        var before = Calls();
        CheckProduct(backend, Products[0]);
        CheckConvolutions(backend, Convolutions[0]);
        Assert.Equal((before.Products + products, before.Convolutions + convolutions), Calls());
    }

    private static (int Products, int Convolutions) Calls() =>
        (Ask(CudaLibrary.Cublas, "stand_in_calls"), Ask(CudaLibrary.Cudnn, "stand_in_calls"));

    private static (int CuBlas, int CuDnn) Handles() =>
        (Ask(CudaLibrary.Cublas, "stand_in_handles"), Ask(CudaLibrary.Cudnn, "stand_in_handles"));

    private static int Ask(CudaLibrary library, string function) =>
        ((delegate* unmanaged<int>)NativeLibrary.GetExport(library.Lookup.Handle, function))();
}
