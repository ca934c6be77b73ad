#:project ../src/Verification/CrossModal.Verification.csproj

// A CUDA kernel of your own, which runs on an NVIDIA GPU, and on any machine with a C++ compiler: the device `cuda-sim` compiles the same
// text for the processor and looks at every access to memory.
//
// The op is the running sum of each row, y[i] = x[0] + … + x[i]: a step of its loop needs the one before, so threads must work together.
// (The first run compiles the library's own kernels, too, which takes a minute or two; later runs find them in the cache folder.)

using CrossModal.Kernels;
using CrossModal.Tensors;
using CrossModal.Verification;

// 1. The kernel. Shared memory is declared by a macro of kernel.cuh, so that the simulator sees who touches it.
const string text = """
    #include "kernel.cuh"

    // y[row, i] = the sum of x[row, j] over j <= i; with `backward`, over j >= i. (Hillis and Steele 1986: after the round of distance d
    // each place holds a sum of up to 2d numbers.) Launch: a block for each row, a thread for each column, a float of shared memory each.
    extern "C" __global__ void running_sum(const float* x, float* y, int backward) {
        DYNAMIC_SHARED(float, sums);
        const int own = threadIdx.x, columns = blockDim.x;
        const int64 at = static_cast<int64>(blockIdx.x) * columns + (backward ? columns - 1 - own : own);
        sums[own] = x[at];
        for (int distance = 1; distance < columns; distance *= 2) {
            __syncthreads();
            const float before = own >= distance ? sums[own - distance] : 0.0f;
            __syncthreads();
            sums[own] += before;
        }
        y[at] = sums[own];
    }
    """;

// 2. The op: the kernel for `cuda` and `cuda-sim`, and a plain loop over doubles for `reference`. The derivative of a running sum by x[j]
//    counts every y[i] with i >= j: it is the running sum of the gradient, backwards. So each direction is the derivative of the other.
var kernel = new CudaKernel(text, "running_sum");
CustomOp? forwards = null, backwards = null;
CustomOp RunningSum(bool backward, Func<CustomOp> derivative) => new("running sum")
{
    Cuda = (x, y) => Launch(kernel, x[0], y, y.Shape[-1], backward),
    Reference = (x, y) => AddUp(x[0], y, x.Shape(0)[-1], backward),
    VectorJacobians = [(gradient, _, _) => derivative().Apply(gradient)],
};
forwards = RunningSum(false, () => backwards!);
backwards = RunningSum(true, () => forwards);

static void Launch(CudaKernel kernel, Tensor x, Tensor y, int threads, bool backward) =>
    kernel.Launch(new((int)(x.Count / x.Shape[-1]), threads, threads * sizeof(float)), x, y, backward ? 1 : 0);

static void AddUp(ReadOnlySpan<double> x, Span<double> y, int columns, bool backward)
{
    for (var i = 0; i < y.Length; i++)
    {
        var at = backward ? y.Length - 1 - i : i;
        y[at] = i % columns == 0 ? x[at] : x[at] + y[backward ? at + 1 : at - 1];
    }
}

// 3. The device: a GPU where there is one.
Device device;
try
{
    device = Device.Open("cuda");
}
catch (DeviceException)
{
    device = Device.Open("cuda-sim");
}

using var scope = new Scope();
var x = Tensor.From(device, [2, 5], [1f, 2, 3, 4, 5, 10, 20, 30, 40, 50]);
Console.WriteLine(forwards.Apply(x));

// 4. Is it right? The kernel against the plain loop, value and gradient, and the derivatives against differences in float64.
var opCase = new OpCase("custom", "running sum [7, 33]", [new OpInput([7, 33])], (_, inputs) => forwards.Apply(inputs[0]),
    Tolerance.Sum(33));
using var reference = Device.Open("reference");
Console.WriteLine($"the kernel agrees with the plain loop: {Selftest.Run(opCase, device, reference).Passed}");
Console.WriteLine($"derivatives: {GradientCheck.FirstOrder(opCase).Count + GradientCheck.SecondOrder(opCase).Count} mistakes");

// 5. Mistakes. A thread too many reads behind the array; without its second barrier, threads read what others have overwritten already.
//    A GPU would go on with wrong numbers, or lose its state. The simulator stops and says where.
if (device.Name == "cuda-sim")
{
    var racing = text.Replace("0.0f;\n        __syncthreads();", "0.0f;");
    foreach (var (faulty, threads) in new[] { (kernel, 6), (new CudaKernel(racing, "running_sum"), 5) })
    {
        try
        {
            Launch(faulty, x, Tensor.Zeros(device, x.Shape), threads, backward: false);
        }
        catch (DeviceException error)
        {
            Console.WriteLine(error.Message);
        }
    }
}

device.Dispose();
