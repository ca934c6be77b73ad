using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda;

/// <summary>The driver's error codes that something is done about, and the one line that each becomes.</summary>
internal static unsafe class DriverError
{
    public const int OutOfMemory = 2, StubLibrary = 34, DeviceUnavailable = 46, NoDevice = 100, InvalidDevice = 101, InvalidImage = 200,
        NoBinaryForGpu = 209, InvalidPtx = 218, UnsupportedPtxVersion = 222, LaunchOutOfResources = 701, DriverMismatch = 803;

    /// <summary>Whether a kernel failed while it ran. The context is lost with it: every later call gives the same error.</summary>
    public static bool IsKernelFault(int code) => code is 700 or 702 or 710 or (>= 714 and <= 719);

    /// <summary><c>cuMemAlloc_v2: CUDA_ERROR_OUT_OF_MEMORY: out of memory</c>, and what to make of it where that is not plain.</summary>
    public static string Describe(string function, int code)
    {
        var remedy = code switch
        {
            _ when IsKernelFault(code) =>
                "; a kernel that was launched before has failed and the GPU's state is lost; cuda-sim names kernel and line",
            OutOfMemory => "; nvidia-smi shows who else uses the GPU",
            StubLibrary or DriverMismatch =>
                "; the library found is not the one of the running driver: look at LD_LIBRARY_PATH, and restart after an update of the "
                    + "driver",
            NoDevice => "; see what nvidia-smi says, and whether CUDA_VISIBLE_DEVICES hides the GPU",
            InvalidImage or NoBinaryForGpu or InvalidPtx or UnsupportedPtxVersion =>
                "; NVRTC may be newer than the driver: update the driver, or install an NVRTC of the driver's CUDA version",
            LaunchOutOfResources => "; a block asks for more registers or shared memory than the GPU has",
            _ => "",
        };
        return $"{function}: {Name(code)}{remedy}";
    }

    public static CudaException Exception(string function, int code) => new(Describe(function, code), code switch
    {
        _ when IsKernelFault(code) => DeviceProblem.Lost,
        OutOfMemory => DeviceProblem.OutOfMemory,
        StubLibrary or DriverMismatch or NoDevice or DeviceUnavailable => DeviceProblem.Unavailable,
        _ => DeviceProblem.Failure,
    });

    private static string Name(int code)
    {
        var name = DriverApi.cuGetErrorName(code, out var text) == 0 ? Marshal.PtrToStringUTF8((nint)text) : null;
        var meaning = DriverApi.cuGetErrorString(code, out text) == 0 ? Marshal.PtrToStringUTF8((nint)text) : null;
        return name is null ? $"error {code}" : meaning is null ? name : $"{name}: {meaning}";
    }
}
