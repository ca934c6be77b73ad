using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>What can be wrong with a launch, in one line each.</summary>
internal static unsafe class LaunchFault
{
    /// <exception cref="CudaException">No GPU would take this grid, block or amount of shared memory.</exception>
    public static void CheckShape(KernelRecord* kernel, in LaunchShape shape)
    {
        var (grid, block) = (shape.Grid, shape.Block);
        var wrong = grid.X < 1 || grid.Y < 1 || grid.Z < 1 ? $"a grid of {Text(grid)} blocks"
            : grid.Y > 65535 || grid.Z > 65535 ? $"a grid of {Text(grid)} blocks; y and z may have 65535"
            : block.X < 1 || block.Y < 1 || block.Z < 1 ? $"a block of {Text(block)} threads"
            : block.Count > 1024 || block.Z > 64 ? $"a block of {Text(block)} threads; it may have 1024, and 64 in z"
            : kernel->ThreadsBound > 0 && block.Count > kernel->ThreadsBound
                ? $"a block of {block.Count} threads; the kernel's __launch_bounds__ allow "
                + $"{kernel->ThreadsBound}"
            : shape.SharedBytes < 0 || shape.SharedBytes > SimulatedDriver.SharedBytes
                ? $"{shape.SharedBytes} bytes of shared memory; a block may have "
                + $"{SimulatedDriver.SharedBytes}"
            : null;
        if (wrong is not null)
            throw new CudaException($"cuda-sim: {kernel->NameText} is launched with {wrong}");
    }

    /// <summary>
    /// Arguments that lie so close together that a parameter would be read partly from the next argument: a value of the wrong type was
    /// given.
    /// </summary>
    /// <exception cref="CudaException">There is such an argument.</exception>
    public static void CheckArguments(KernelRecord* kernel, void** arguments)
    {
        for (var i = 0; i + 1 < kernel->ParameterCount; i++)
        {
            var distance = (byte*)arguments[i + 1] - (byte*)arguments[i];
            if (distance >= 0 && distance < kernel->Sizes[i])
                throw new CudaException(
                    $"cuda-sim: argument {i} ({ParameterName(kernel, i)}) of {kernel->NameText} has {distance} bytes; the parameter has "
                    + $"{kernel->Sizes[i]}");
        }
    }

    public static CudaException FreedArray(KernelRecord* kernel, void** arguments, DeviceRange range)
    {
        for (var i = 0; i < kernel->ParameterCount; i++)
        {
            if (kernel->Pointers[i] && *(nint*)arguments[i] == range.Address)
                return new CudaException(
                    $"cuda-sim: {kernel->NameText}: argument {i} ({ParameterName(kernel, i)}), {range.Bytes} bytes, lies in memory that "
                    + "is not allocated (any more)");
        }

        return new CudaException(
            $"cuda-sim: {kernel->NameText}: an array of {range.Bytes} bytes lies in memory that is not allocated (any more)");
    }

    /// <summary>What the simulator wrote down, with the lines of the code addresses looked up.</summary>
    public static CudaException Report(KernelRecord* kernel, string library, LaunchRecord* launch)
    {
        var text = Marshal.PtrToStringUTF8((nint)launch->Text)!;
        if (text.Contains("@0", StringComparison.Ordinal))
            text = text.Replace("@0", SourceLines.Of(library, launch->Place), StringComparison.Ordinal);
        if (text.Contains("@1", StringComparison.Ordinal))
            text = text.Replace("@1", SourceLines.Of(library, launch->OtherPlace), StringComparison.Ordinal);
        return new CudaException($"cuda-sim: {kernel->NameText}, {text}");
    }

    private static string ParameterName(KernelRecord* kernel, int index) => Marshal.PtrToStringUTF8((nint)kernel->Parameters[index])!;

    private static string Text(Dim3 extents) => $"{extents.X}x{extents.Y}x{extents.Z}";
}
