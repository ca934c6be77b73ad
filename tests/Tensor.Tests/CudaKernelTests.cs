using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;

namespace CrossModal.Tensors.Tests;

/// <summary>Kernels of the user's on <c>cuda-sim</c>: their arguments, what is said when something is wrong.</summary>
public sealed class CudaKernelTests(CudaKernelTests.Simulated simulated) : IClassFixture<CudaKernelTests.Simulated>
{
    private const string Text = """
        #include "block.cuh"

        /* Not a kernel: extern "C" __global__ void commented_out(int x) */
        extern "C" __global__ void __launch_bounds__(64) numbers(float* y, const int* labels, int64* counter,  // three arrays
                                                                 int a, unsigned int b, int64 c, float d, double e) {
            y[0] = static_cast<float>(a) + static_cast<float>(b) + d + static_cast<float>(e) + (labels ? labels[0] : 1000);
            counter[0] = c;
        }

        // y[row] = the sum of x[row, column]. Launch: a block a row.
        extern "C" __global__ void row_sums(const float* __restrict__ x, float* y, int columns) {
            float sum = 0.0f;
            for (int j = threadIdx.x; j < columns; j += blockDim.x)
                sum += x[blockIdx.x * columns + j];
            sum = block_reduce<sum_operation>(sum);
            if (threadIdx.x == 0)
                y[blockIdx.x] = sum;
        }

        extern "C" __global__ void reversed(const float* x, float* y) {
            DYNAMIC_SHARED(float, tile);
            const int thread = threadIdx.x + blockDim.x * threadIdx.y;
            tile[thread] = x[thread];
            __syncthreads();
            y[thread] = tile[blockDim.x * blockDim.y - 1 - thread];
        }

        extern "C" __global__ void beyond(const float* x, float* y) {
            y[threadIdx.x] = x[threadIdx.x + 1];
        }
        """;

    private readonly Device _device = simulated.Device;

    [Fact]
    public void ArgumentsOfEveryTypeArrive()
    {
        using var scope = new Scope();
        var (y, counter) = (Tensor.Zeros(_device, new Shape(1)), Tensor.Zeros(_device, new Shape(1), ElementType.Int64));
        var kernel = new CudaKernel(Text, "numbers");
        kernel.Launch(new(1, 1), y, Tensor.From(_device, new Shape(1), [7]), counter, -3, 4_000_000_000, 5_000_000_000L, 0.25f, 0.5);
        Assert.Equal(4_000_000_005f, y.ToArray()[0]);
        var read = new long[1];
        counter.Read(read);
        Assert.Equal(5_000_000_000, read[0]);
        kernel.Launch(new(1, 1), y, null, counter, 1, 1u, 0ul, 0.5f, 0.25);
        Assert.Equal(1002.75f, y.ToArray()[0]);
    }

    [Fact]
    public void ItMayIncludeTheHeadersAndUseSharedMemory()
    {
        using var scope = new Scope();
        var (x, sums) = (Tensor.From(_device, new Shape(2, 3), [1f, 2, 3, 4, 5, 6]), Tensor.Zeros(_device, new Shape(2)));
        new CudaKernel(Text, "row_sums").Launch(new(2, 64), x, sums, 3);
        Assert.Equal([6, 15], sums.ToArray());
        var y = Tensor.Uninitialized(_device, x.Shape);
        new CudaKernel(Text, "reversed").Launch(new(1, (3, 2), 6 * sizeof(float)), x, y);
        Assert.Equal([6, 5, 4, 3, 2, 1], y.ToArray());
    }

    /// <summary>An empty grid is no launch.</summary>
    [Fact]
    public void NothingIsLaunchedOverNothing()
    {
        using var scope = new Scope();
        var empty = Tensor.Zeros(_device, new Shape(0));
        new CudaKernel(Text, "row_sums").Launch(LaunchShape.For(0), empty, empty, 3);
    }

    [Fact]
    public void AFileIsReadAndNamed()
    {
        var path = Path.Combine(Path.GetTempPath(), $"a kernel of {Environment.ProcessId}.cu");
        try
        {
            File.WriteAllText(path, "extern \"C\" __global__ void one(float* y) {\n    y[0] = 1;\n}\nvoid more() { undeclared(); }\n");
            using var scope = new Scope();
            var y = Tensor.Zeros(_device, new Shape(1));
            var error = Assert.ThrowsAny<Exception>(() => CudaKernel.FromFile(path, "one").Launch(new(1, 1), y)).Message;
            Assert.StartsWith($"cuda-sim: {path} does not compile: {path}:4:", error);
            Assert.Contains("undeclared", error);
            Assert.DoesNotContain('\n', error);
            File.WriteAllText(path, File.ReadAllText(path).Replace("undeclared()", "", StringComparison.Ordinal));
            CudaKernel.FromFile(path, "one").Launch(new(1, 1), y);
            Assert.Equal(1, y.Item());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void AFaultNamesKernelThreadAndLine()
    {
        using var scope = new Scope();
        var (x, y) = (Tensor.Zeros(_device, new Shape(4)), Tensor.Zeros(_device, new Shape(4)));
        var error = Assert.Throws<CudaException>(() => new CudaKernel(Text, "beyond", "mine.cu").Launch(new(1, 4), x, y)).Message;
        Assert.Equal("cuda-sim: beyond, block (0,0,0), thread (3,0,0), mine.cu:29: out of bounds: reads 4 bytes at byte 16 of `x` "
            + "(argument 0, 16 bytes)", error);
    }

    [Fact]
    public void SharedMemoryIsDeclaredByMacros()
    {
        using var scope = new Scope();
        var y = Tensor.Zeros(_device, new Shape(1));
        const string text = "extern \"C\" __global__ void f(float* y) {\n    __shared__ float tile[32];\n    y[0] = tile[0];\n}\n";
        var error = Assert.Throws<CudaException>(() => new CudaKernel(text, "f").Launch(new(1, 1), y)).Message;
        Assert.StartsWith("cuda-sim: f.cu:2: shared memory is declared by the macros SHARED(type, name, count)", error);
    }

    [Fact]
    public void WrongUseIsSaidInOneLine()
    {
        using var scope = new Scope();
        using var cpu = Device.Open("cpu");
        var (x, y) = (Tensor.Zeros(_device, new Shape(4)), Tensor.Zeros(_device, new Shape(4)));
        var sums = new CudaKernel(Text, "row_sums");
        Assert.Equal("softmax.cu defines no kernel softmax, only numbers, row_sums, reversed, beyond; a kernel is written out as extern "
            + "\"C\" __global__ void softmax(…)", Message<ArgumentException>(() => new CudaKernel(Text, "softmax")));
        Assert.Equal("f in f.cu: a launch cannot fill the parameter \"float4 x\"; parameters are pointers, int, int64, float, double and "
            + "their unsigned forms", Message<ArgumentException>(() => new CudaKernel("extern \"C\" __global__ void f(float4 x) {}", "f")));
        Assert.Equal("row_sums has 3 parameters (const float* __restrict__ x, float* y, int columns) and was given 2 arguments",
            Message<ArgumentException>(() => sums.Launch(new(1, 32), x, y)));
        Assert.Equal("row_sums: argument 2 is \"int columns\" in the kernel and was given a number of type Int64",
            Message<ArgumentException>(() => sums.Launch(new(1, 32), x, y, 4L)));
        Assert.Equal("row_sums: argument 0 is \"const float* __restrict__ x\" in the kernel and was given a tensor of Int32",
            Message<ArgumentException>(() => sums.Launch(new(1, 32), Tensor.From(_device, new Shape(1), [1]), y, 4)));
        Assert.Equal("row_sums: argument 1 is \"float* y\" in the kernel and was given a number of type Float32",
            Message<ArgumentException>(() => sums.Launch(new(1, 32), x, 1f, 4)));
        Assert.Equal("row_sums: Float32 [4] lies on cpu, and the op is computed on cuda-sim; all tensors of an op must be of one device",
            Message<ShapeException>(() => sums.Launch(new(1, 32), x, Tensor.Zeros(cpu, new Shape(4)), 4)));
        Assert.Equal("row_sums: a launch goes to the device of its tensors, and there is none among the arguments",
            Message<ArgumentException>(() => sums.Launch(new(1, 32), null, null, 4)));
        Assert.Equal("row_sums: the device cpu runs no CUDA kernels; cuda does, and cuda-sim on any machine",
            Message<NotSupportedException>(() => sums.Launch(new(1, 32), Tensor.Zeros(cpu, new Shape(4)), null, 4)));
        Assert.Equal("cuda-sim: numbers is launched with a block of 65 threads; the kernel's __launch_bounds__ allow 64",
            Message<CudaException>(() => new CudaKernel(Text, "numbers").Launch(new(1, 65), y, null, null, 1, 1, 1L, 1f, 1.0)));
    }

    private static string Message<TException>(Action action) where TException : Exception => Assert.Throws<TException>(action).Message;

    /// <summary>The simulated device, opened once for the class.</summary>
    public sealed class Simulated : IDisposable
    {
        public Simulated()
        {
            TestDevices.Require("cuda-sim");
            Device = Device.Open("cuda-sim", threads: 2);
        }

        public Device Device { get; }

        public void Dispose() => Device.Dispose();
    }
}
