using System.Runtime.InteropServices;
using static CrossModal.Kernels.Cuda.Libraries.CuBlasFunctions;

namespace CrossModal.Kernels.Cuda.Libraries;

/// <summary>
/// Matrix products by cuBLAS, in one stream. It has a workspace of its own, so that a call allocates nothing and can be captured into a
/// graph; with it, and without atomics (which is its default), cuBLAS gives the same bits on the same card with every run.
/// </summary>
internal sealed unsafe class CuBlas : IDisposable
{
    /// <summary>What NVIDIA advises for Hopper (cuBLAS documentation, cublasSetWorkspace); older cards need less.</summary>
    private const int WorkspaceBytes = 32 << 20;

    private readonly nint _handle;
    private readonly DeviceMemoryPool _memory;
    private readonly DeviceBuffer _workspace;
    private readonly int _compute;

    private CuBlas(nint handle, nint stream, Precision precision, DeviceMemoryPool memory)
    {
        (_handle, _memory) = (handle, memory);
        _compute = precision == Precision.TensorFloat32 ? Compute32FFastTensorFloat32 : Compute32F;
        _workspace = memory.Allocate(WorkspaceBytes, "cuBLAS");
        try
        {
            // In this order: a new stream makes the library forget its workspace.
            Check(SetStream(handle, stream), "cublasSetStream");
            Check(SetWorkspace(handle, _workspace.Address, WorkspaceBytes), "cublasSetWorkspace");
        }
        catch
        {
            memory.Release(_workspace);
            throw;
        }
    }

    /// <summary>The library's version, like <c>12.8.4</c>.</summary>
    /// <exception cref="DllNotFoundException">It is not there.</exception>
    public static string Version
    {
        get
        {
            Span<int> parts = stackalloc int[3];
            for (var part = 0; part < parts.Length; part++)
                Check(GetProperty(part, out parts[part]), "cublasGetProperty");
            return $"{parts[0]}.{parts[1]}.{parts[2]}";
        }
    }

    /// <summary>Loads the library and makes its handle for the current context.</summary>
    /// <exception cref="DllNotFoundException">It is not there.</exception>
    /// <exception cref="EntryPointNotFoundException">It is older than version 11.</exception>
    /// <exception cref="CudaException">It refuses to start.</exception>
    public static CuBlas Open(nint stream, Precision precision, DeviceMemoryPool memory)
    {
        Check(Create(out var handle), "cublasCreate");
        try
        {
            return new CuBlas(handle, stream, precision, memory);
        }
        catch
        {
            _ = Destroy(handle);
            throw;
        }
    }

    /// <summary>
    /// C = op(A) · op(B); A and B both float32 or both bfloat16, C either. False, with nothing done, for a product without elements or
    /// without terms, and for one of float32 into bfloat16, which cuBLAS does not know.
    /// </summary>
    public bool MatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        if (geometry.Batch == 0 || geometry.M == 0 || geometry.N == 0 || geometry.K == 0)
            return false;
        if (a.Type == ElementType.Float32 && c.Type != ElementType.Float32)
            return false;
        var call = new CuBlasCall(geometry);
        var (operand, result) = (TypeOf(a), TypeOf(c));
        var compute = a.Type == ElementType.BFloat16 ? Compute32F : _compute;
        float alpha = 1, beta = 0;

        // One product alone may be split along K, many may not; so it has a function of its own.
        var status = geometry.Batch == 1
            ? Gemm(_handle, call.OperationFirst, call.OperationSecond, call.Rows, call.Columns, call.Terms, &alpha, b.Address, operand,
                call.LeadingFirst,
                a.Address, operand, call.LeadingSecond, &beta, c.Address, result, call.LeadingResult, compute, DefaultAlgorithm)
            : GemmStridedBatched(_handle, call.OperationFirst, call.OperationSecond, call.Rows, call.Columns, call.Terms,
                &alpha, b.Address, operand, call.LeadingFirst, call.StrideFirst,
                a.Address, operand, call.LeadingSecond, call.StrideSecond, &beta, c.Address, result,
                call.LeadingResult, call.StrideResult, geometry.Batch, compute, DefaultAlgorithm);
        Check(status, geometry.Batch == 1 ? "cublasGemmEx" : "cublasGemmStridedBatchedEx");
        return true;
    }

    public void Dispose()
    {
        _ = Destroy(_handle);
        _memory.Release(_workspace);
    }

    private static int TypeOf(DeviceArray array) => array.Type == ElementType.BFloat16 ? BFloat16Type : Float32;

    private static void Check(int status, string function)
    {
        if (status != Success)
            throw new CudaException($"{function}: {Meaning(status)}");
    }

    private static string Meaning(int status)
    {
        try
        {
            return $"{Marshal.PtrToStringUTF8((nint)GetStatusName(status))}, {Marshal.PtrToStringUTF8((nint)GetStatusString(status))}";
        }
        catch (EntryPointNotFoundException)
        {
            return $"cuBLAS status {status}";
        }
    }
}

/// <summary>
/// A row-major product in the column-major terms of cuBLAS. A row-major matrix is its own transpose read by columns, so Cᵀ = op(B)ᵀ ·
/// op(A)ᵀ is asked for: B is the first operand, A the second, and what is transposed here is transposed there.
/// </summary>
internal readonly struct CuBlasCall(in MatrixProductGeometry geometry)
{
    /// <summary>Of Cᵀ.</summary>
    public int Rows { get; } = geometry.N;

    /// <summary>Of Cᵀ.</summary>
    public int Columns { get; } = geometry.M;

    public int Terms { get; } = geometry.K;

    public int OperationFirst { get; } = geometry.TransposeB ? Transposed : NotTransposed;

    public int OperationSecond { get; } = geometry.TransposeA ? Transposed : NotTransposed;

    /// <summary>Elements between the columns of B as cuBLAS reads it: the length of a row as we do.</summary>
    public int LeadingFirst { get; } = geometry.TransposeB ? geometry.K : geometry.N;

    public int LeadingSecond { get; } = geometry.TransposeA ? geometry.M : geometry.K;

    public int LeadingResult { get; } = geometry.N;

    /// <summary>Elements between the matrices of a batch.</summary>
    public long StrideFirst { get; } = (long)geometry.K * geometry.N;

    public long StrideSecond { get; } = (long)geometry.M * geometry.K;

    public long StrideResult { get; } = (long)geometry.M * geometry.N;
}
