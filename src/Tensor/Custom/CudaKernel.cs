using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// A CUDA kernel that the library does not have: <c>extern "C" __global__ void name(…)</c>. On <c>cuda</c> it is compiled by NVRTC; on
/// <c>cuda-sim</c> for the host, where every access to memory is checked and a fault is reported with kernel, block, thread and line. It
/// may include the headers of <c>kernels/</c>; shared memory is declared by the macros of <c>kernel.cuh</c>. It is compiled at its first
/// launch on a device and kept in the cache folder.
/// </summary>
public sealed class CudaKernel
{
    private readonly KernelCode _code;

    /// <summary>A kernel of a text.</summary>
    /// <param name="text">The text of a kernel file; it may define several kernels, of which this is one.</param>
    /// <param name="name">The kernel's name.</param>
    /// <param name="path">What messages call the file.</param>
    /// <exception cref="ArgumentException">The text has no such kernel, or the kernel has a parameter that is no pointer and no
    /// number.</exception>
    public CudaKernel(string text, string name, string? path = null) => _code = new KernelCode(path ?? $"{name}.cu", text, name);

    /// <summary>A kernel of a <c>.cu</c> file.</summary>
    /// <exception cref="ArgumentException">As the constructor's.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static CudaKernel FromFile(string path, string name) => new(File.ReadAllText(path), name, path);

    /// <summary>The kernel's name.</summary>
    public string Name => _code.Name;

    /// <summary>
    /// Launches the kernel on the device of its tensors, in the order of what else that device was asked. Within
    /// <see cref="Device.Capture"/> it becomes part of the step.
    /// </summary>
    /// <param name="shape">Grid, block and shared memory: <c>LaunchShape.For(y.Count)</c>, or <c>new(grid, block)</c>.</param>
    /// <param name="arguments">
    /// In the order of the kernel's parameters: tensors for pointers, <see cref="int"/>, <see cref="long"/>, <see cref="float"/> and
    /// <see cref="double"/> for numbers of just these types.
    /// </param>
    /// <exception cref="ArgumentException">
    /// Their number or a type is not the kernel's; there is no tensor among them; or the tensors lie on different devices
    /// (<see cref="ShapeException"/>).
    /// </exception>
    /// <exception cref="NotSupportedException">The device runs no CUDA kernels.</exception>
    /// <exception cref="DeviceException">
    /// The kernel does not compile (with file, line and the compiler's words), the device takes no such launch, or, on <c>cuda-sim</c>, the
    /// kernel has done something wrong.
    /// </exception>
    public void Launch(LaunchShape shape, params ReadOnlySpan<KernelArgument> arguments)
    {
        OpCall? call = null;
        var values = new LaunchValue[arguments.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = arguments[i].Value;
            if (arguments[i].Tensor is not { } tensor)
                continue;
            call ??= tensor.Device.Call(Name);
            values[i] = new LaunchValue(tensor.Type, 0, call.Value[tensor], true);
        }

        _code.Check(values);
        if (call is null)
            throw new ArgumentException($"{Name}: a launch goes to the device of its tensors, and there is none among the arguments");
        call.Value.Backend.Launch(_code, shape, values);
    }
}

/// <summary>An argument of a kernel: a tensor, whose elements the kernel is pointed to, or a number.</summary>
public readonly struct KernelArgument
{
    private KernelArgument(Tensor? tensor) => (Tensor, Value) = (tensor, new LaunchValue(default, 0, DeviceArray.None, true));

    private KernelArgument(ElementType type, long bits) => Value = new LaunchValue(type, bits, DeviceArray.None, false);

    internal Tensor? Tensor { get; }

    /// <summary>The number, or the null pointer; a tensor's address is asked for at the launch.</summary>
    internal LaunchValue Value { get; }

    /// <summary>A pointer to a tensor's elements; without a tensor, the null pointer.</summary>
    public static implicit operator KernelArgument(Tensor? tensor) => new(tensor);

    /// <summary>For a parameter of type <c>int</c>.</summary>
    public static implicit operator KernelArgument(int value) => new(ElementType.Int32, value);

    /// <summary>For a parameter of type <c>unsigned int</c>.</summary>
    public static implicit operator KernelArgument(uint value) => new(ElementType.Int32, value);

    /// <summary>For a parameter of type <c>long long</c>, which <c>kernel.cuh</c> calls <c>int64</c>.</summary>
    public static implicit operator KernelArgument(long value) => new(ElementType.Int64, value);

    /// <summary>For a parameter of type <c>unsigned long long</c>, which <c>kernel.cuh</c> calls <c>uint64</c>.</summary>
    public static implicit operator KernelArgument(ulong value) => new(ElementType.Int64, (long)value);

    /// <summary>For a parameter of type <c>float</c>.</summary>
    public static implicit operator KernelArgument(float value) => new(ElementType.Float32, BitConverter.SingleToInt32Bits(value));

    /// <summary>For a parameter of type <c>double</c>.</summary>
    public static implicit operator KernelArgument(double value) => new(ElementType.Float64, BitConverter.DoubleToInt64Bits(value));
}
