using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Libraries;

/// <summary>
/// The functions of cuDNN 8 and 9 that the engine calls. Status codes other than 0 were renumbered in version 9: they are never compared,
/// only turned into text by the library. Which file they are in is for <see cref="CudaLibrary"/> to find.
/// </summary>
internal static unsafe partial class CuDnnFunctions
{
    private const string Library = CudaLibrary.CudnnName;

    public const int Success = 0;

    /// <summary>cudnnTensorFormat_t: CUDNN_TENSOR_NHWC; for a filter it means [output, height, width, input].</summary>
    public const int ChannelsLast = 1;

    /// <summary>cudnnDataType_t: CUDNN_DATA_FLOAT and CUDNN_DATA_BFLOAT16.</summary>
    public const int Float32 = 0, BFloat16Type = 9;

    /// <summary>cudnnConvolutionMode_t: CUDNN_CROSS_CORRELATION, the kernel not turned round.</summary>
    public const int CrossCorrelation = 1;

    /// <summary>
    /// cudnnMathType_t: float32 arrays may go through the tensor cores as TF32; the same, asked for; rounded to float16 first; never
    /// through the tensor cores.
    /// </summary>
    public const int DefaultMath = 0, TensorMath = 1, TensorMathWithConversion = 2, FusedMultiplyAddMath = 3;

    /// <summary>cudnnDeterminism_t: CUDNN_DETERMINISTIC.</summary>
    public const int Deterministic = 1;

    /// <summary>0, 8907 for 8.9.7, 91002 for 9.10.2: major and minor are counted differently from version 9 on.</summary>
    [LibraryImport(Library, EntryPoint = "cudnnGetVersion")]
    public static partial nuint GetVersion();

    /// <summary>What the code means, a constant of the library's.</summary>
    [LibraryImport(Library, EntryPoint = "cudnnGetErrorString")]
    public static partial byte* GetErrorString(int status);

    [LibraryImport(Library, EntryPoint = "cudnnCreate")]
    public static partial int Create(out nint handle);

    [LibraryImport(Library, EntryPoint = "cudnnDestroy")]
    public static partial int Destroy(nint handle);

    [LibraryImport(Library, EntryPoint = "cudnnSetStream")]
    public static partial int SetStream(nint handle, nint stream);

    [LibraryImport(Library, EntryPoint = "cudnnCreateTensorDescriptor")]
    public static partial int CreateTensor(out nint tensor);

    [LibraryImport(Library, EntryPoint = "cudnnDestroyTensorDescriptor")]
    public static partial int DestroyTensor(nint tensor);

    [LibraryImport(Library, EntryPoint = "cudnnSetTensor4dDescriptor")]
    public static partial int SetTensor(nint tensor, int format, int type, int batch, int channels, int height, int width);

    [LibraryImport(Library, EntryPoint = "cudnnCreateFilterDescriptor")]
    public static partial int CreateFilter(out nint filter);

    [LibraryImport(Library, EntryPoint = "cudnnDestroyFilterDescriptor")]
    public static partial int DestroyFilter(nint filter);

    [LibraryImport(Library, EntryPoint = "cudnnSetFilter4dDescriptor")]
    public static partial int SetFilter(nint filter, int type, int format, int outputChannels, int inputChannels, int height, int width);

    [LibraryImport(Library, EntryPoint = "cudnnCreateConvolutionDescriptor")]
    public static partial int CreateConvolution(out nint convolution);

    [LibraryImport(Library, EntryPoint = "cudnnDestroyConvolutionDescriptor")]
    public static partial int DestroyConvolution(nint convolution);

    [LibraryImport(Library, EntryPoint = "cudnnSetConvolution2dDescriptor")]
    public static partial int SetConvolution(nint convolution, int paddingHeight, int paddingWidth, int strideHeight, int strideWidth,
        int dilationHeight, int dilationWidth, int mode, int computeType);

    [LibraryImport(Library, EntryPoint = "cudnnSetConvolutionMathType")]
    public static partial int SetMathType(nint convolution, int mathType);

    [LibraryImport(Library, EntryPoint = "cudnnGetConvolutionForwardAlgorithm_v7")]
    public static partial int GetForwardAlgorithms(nint handle, nint input, nint filter, nint convolution, nint output,
        int asked, out int found, CuDnnAlgorithm* algorithms);

    [LibraryImport(Library, EntryPoint = "cudnnGetConvolutionBackwardDataAlgorithm_v7")]
    public static partial int GetBackwardDataAlgorithms(nint handle, nint filter, nint outputGradient, nint convolution, nint inputGradient,
        int asked, out int found, CuDnnAlgorithm* algorithms);

    [LibraryImport(Library, EntryPoint = "cudnnGetConvolutionBackwardFilterAlgorithm_v7")]
    public static partial int GetBackwardFilterAlgorithms(nint handle, nint input, nint outputGradient, nint convolution,
        nint filterGradient, int asked, out int found, CuDnnAlgorithm* algorithms);

    [LibraryImport(Library, EntryPoint = "cudnnGetConvolutionForwardWorkspaceSize")]
    public static partial int GetForwardWorkspace(nint handle, nint input, nint filter, nint convolution, nint output, int algorithm,
        out nuint bytes);

    [LibraryImport(Library, EntryPoint = "cudnnGetConvolutionBackwardDataWorkspaceSize")]
    public static partial int GetBackwardDataWorkspace(nint handle, nint filter, nint outputGradient, nint convolution, nint inputGradient,
        int algorithm, out nuint bytes);

    [LibraryImport(Library, EntryPoint = "cudnnGetConvolutionBackwardFilterWorkspaceSize")]
    public static partial int GetBackwardFilterWorkspace(nint handle, nint input, nint outputGradient, nint convolution,
        nint filterGradient, int algorithm, out nuint bytes);

    [LibraryImport(Library, EntryPoint = "cudnnConvolutionForward")]
    public static partial int Forward(nint handle, float* alpha, nint inputShape, nint input, nint filterShape, nint filter,
        nint convolution, int algorithm, nint workspace, nuint workspaceBytes, float* beta, nint outputShape, nint output);

    [LibraryImport(Library, EntryPoint = "cudnnConvolutionBackwardData")]
    public static partial int BackwardData(nint handle, float* alpha, nint filterShape, nint filter,
        nint outputShape, nint outputGradient, nint convolution, int algorithm,
        nint workspace, nuint workspaceBytes, float* beta, nint inputShape, nint inputGradient);

    [LibraryImport(Library, EntryPoint = "cudnnConvolutionBackwardFilter")]
    public static partial int BackwardFilter(nint handle, float* alpha, nint inputShape, nint input,
        nint outputShape, nint outputGradient, nint convolution, int algorithm,
        nint workspace, nuint workspaceBytes, float* beta, nint filterShape, nint filterGradient);
}

/// <summary>
/// One line of what cuDNN knows of the algorithms for a convolution: cudnnConvolutionFwdAlgoPerf_t and its two kin, which have the same
/// layout in versions 8 and 9.
/// </summary>
internal unsafe struct CuDnnAlgorithm
{
    public int Algorithm;
    public int Status;
    public float Milliseconds;
    public nuint WorkspaceBytes;
    public int Determinism;
    public int MathType;
    public fixed int Reserved[3];
}
