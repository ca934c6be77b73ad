using System.Runtime.InteropServices;
using static CrossModal.Kernels.Cuda.Libraries.CuDnnFunctions;

namespace CrossModal.Kernels.Cuda.Libraries;

/// <summary>
/// Convolutions by cuDNN, in one stream: arrays of float32 or of bfloat16 in NHWC, weights in OHWI. Descriptors and algorithm of a geometry
/// are made when it is first met and kept, so that a further call asks for a workspace and launches.
/// </summary>
internal sealed unsafe class CuDnn : IDisposable
{
    /// <summary>Bytes; what a kernel that loads four numbers at once needs, and every allocation has.</summary>
    private const int Alignment = 16;

    private readonly nint _handle;
    private readonly Precision _precision;
    private readonly DeviceMemoryPool _memory;
    private readonly Dictionary<(ConvolutionForm Form, ConvolutionGeometry Geometry, Precision Precision), CuDnnPlan> _plans = [];

    private CuDnn(nint handle, Precision precision, DeviceMemoryPool memory) =>
        (_handle, _precision, _memory) = (handle, precision, memory);

    /// <summary>The library's version, like <c>9.10.2</c>.</summary>
    /// <exception cref="DllNotFoundException">It is not there.</exception>
    public static string Version => Describe((long)GetVersion());

    /// <summary>Loads the library and makes its handle for the current context.</summary>
    /// <exception cref="DllNotFoundException">It is not there.</exception>
    /// <exception cref="EntryPointNotFoundException">It is older than version 8.</exception>
    /// <exception cref="CudaException">It refuses to start.</exception>
    public static CuDnn Open(nint stream, Precision precision, DeviceMemoryPool memory)
    {
        Check(Create(out var handle), "cudnnCreate");
        var status = SetStream(handle, stream);
        if (status == Success)
            return new CuDnn(handle, precision, memory);
        _ = Destroy(handle);
        throw Error(status, "cudnnSetStream");
    }

    /// <summary>
    /// Computes one form; the arrays are in the order of <see cref="Backend"/>'s methods. False, with nothing done, where cuDNN has no
    /// deterministic algorithm for the geometry, for arrays of different types, and for arrays that do not begin on
    /// <see cref="Alignment"/> bytes, as a view's may not: the algorithm was chosen by sizes alone, and may load four numbers at once.
    /// </summary>
    /// <exception cref="CudaException">The launch failed.</exception>
    /// <exception cref="DeviceOutOfMemoryException">There is no room for the workspace.</exception>
    public bool Run(ConvolutionForm form, in ConvolutionGeometry geometry, DeviceArray first, DeviceArray second, DeviceArray output)
    {
        if (geometry.Batch == 0 || ((first.Address | second.Address | output.Address) & (Alignment - 1)) != 0)
            return false;
        if (first.Type != second.Type || first.Type != output.Type)
            return false;
        var precision = first.Type == ElementType.BFloat16 ? Precision.BFloat16
            : _precision == Precision.TensorFloat32 ? _precision : Precision.Float32;
        if (!_plans.TryGetValue((form, geometry, precision), out var plan))
            _plans[(form, geometry, precision)] = plan = new CuDnnPlan(_handle, precision, form, geometry);
        if (!plan.Usable)
            return false;
        if (plan.WorkspaceBytes == 0)
        {
            Launch(plan, form, first.Address, second.Address, output.Address, 0);
            return true;
        }

        var workspace = _memory.Allocate((long)plan.WorkspaceBytes, "cuDNN convolution");
        try
        {
            Launch(plan, form, first.Address, second.Address, output.Address, workspace.Address);
        }
        finally
        {
            // Whoever gets the block next uses it later in the same stream.
            _memory.Release(workspace);
        }

        return true;
    }

    public void Dispose()
    {
        foreach (var plan in _plans.Values)
            plan.Dispose();
        _plans.Clear();
        _ = Destroy(_handle);
    }

    /// <summary>The three numbers in what cudnnGetVersion returns.</summary>
    internal static string Describe(long version)
    {
        var major = version >= 90000 ? 10000 : 1000;
        return $"{version / major}.{version % major / 100}.{version % 100}";
    }

    private void Launch(CuDnnPlan plan, ConvolutionForm form, nint first, nint second, nint output, nint workspace)
    {
        float alpha = 1, beta = 0;
        switch (form)
        {
            case ConvolutionForm.Value:
                Check(Forward(_handle, &alpha, plan.Input, first, plan.Filter, second, plan.Convolution, plan.Algorithm,
                    workspace, plan.WorkspaceBytes, &beta, plan.Output, output), "cudnnConvolutionForward");
                break;
            case ConvolutionForm.InputGradient:
                Check(BackwardData(_handle, &alpha, plan.Filter, second, plan.Output, first, plan.Convolution, plan.Algorithm,
                    workspace, plan.WorkspaceBytes, &beta, plan.Input, output), "cudnnConvolutionBackwardData");
                break;
            default:
                Check(BackwardFilter(_handle, &alpha, plan.Input, first, plan.Output, second, plan.Convolution, plan.Algorithm,
                    workspace, plan.WorkspaceBytes, &beta, plan.Filter, output), "cudnnConvolutionBackwardFilter");
                break;
        }
    }

    private static void Check(int status, string function)
    {
        if (status != Success)
            throw Error(status, function);
    }

    private static CudaException Error(int status, string function) =>
        new($"{function}: {Marshal.PtrToStringUTF8((nint)GetErrorString(status))}");
}
