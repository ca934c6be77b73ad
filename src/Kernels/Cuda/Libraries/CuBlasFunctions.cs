using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Libraries;

/// <summary>
/// The functions of cuBLAS 11 to 13 that the engine calls, with the names that the library exports (<c>cublas_v2.h</c> renames some of
/// them) and cublas_api.h's numbers. Which file they are in is for <see cref="CudaLibrary"/> to find.
/// </summary>
internal static unsafe partial class CuBlasFunctions
{
    private const string Library = CudaLibrary.CublasName;

    public const int Success = 0;

    /// <summary>cublasOperation_t.</summary>
    public const int NotTransposed = 0, Transposed = 1;

    /// <summary>cudaDataType_t: CUDA_R_32F and CUDA_R_16BF.</summary>
    public const int Float32 = 0, BFloat16Type = 14;

    /// <summary>cublasComputeType_t: CUBLAS_COMPUTE_32F, which takes operands as they are, and its fast kin that rounds them to
    /// TF32.</summary>
    public const int Compute32F = 68, Compute32FFastTensorFloat32 = 77;

    /// <summary>cublasGemmAlgo_t: CUBLAS_GEMM_DEFAULT, the library's own choice.</summary>
    public const int DefaultAlgorithm = -1;

    [LibraryImport(Library, EntryPoint = "cublasCreate_v2")]
    public static partial int Create(out nint handle);

    [LibraryImport(Library, EntryPoint = "cublasDestroy_v2")]
    public static partial int Destroy(nint handle);

    /// <param name="property">libraryPropertyType: 0 major, 1 minor, 2 patch.</param>
    [LibraryImport(Library, EntryPoint = "cublasGetProperty")]
    public static partial int GetProperty(int property, out int value);

    [LibraryImport(Library, EntryPoint = "cublasSetStream_v2")]
    public static partial int SetStream(nint handle, nint stream);

    [LibraryImport(Library, EntryPoint = "cublasSetWorkspace_v2")]
    public static partial int SetWorkspace(nint handle, nint workspace, nuint bytes);

    [LibraryImport(Library, EntryPoint = "cublasGemmEx")]
    public static partial int Gemm(nint handle, int operationA, int operationB, int m, int n, int k, float* alpha, nint a, int typeA,
        int leadingA, nint b, int typeB, int leadingB, float* beta, nint c, int typeC, int leadingC, int compute, int algorithm);

    [LibraryImport(Library, EntryPoint = "cublasGemmStridedBatchedEx")]
    public static partial int GemmStridedBatched(nint handle, int operationA, int operationB, int m, int n, int k, float* alpha,
        nint a, int typeA, int leadingA, long strideA,
        nint b, int typeB, int leadingB, long strideB, float* beta, nint c, int typeC, int leadingC, long strideC, int batch, int compute,
            int algorithm);

    /// <summary>The code's name, a constant of the library's. Since 11.4.2.</summary>
    [LibraryImport(Library, EntryPoint = "cublasGetStatusName")]
    public static partial byte* GetStatusName(int status);

    /// <summary>What the code means, a constant of the library's. Since 11.4.2.</summary>
    [LibraryImport(Library, EntryPoint = "cublasGetStatusString")]
    public static partial byte* GetStatusString(int status);
}
