using System.Diagnostics;
using System.Runtime.InteropServices;
using static CrossModal.Kernels.Cuda.DriverApi;

namespace CrossModal.Kernels.Cuda;

/// <summary>One part of CUDA as it was found on this machine.</summary>
/// <param name="Name">What it is: <c>driver</c>, <c>NVRTC</c>, <c>cuBLAS</c>, <c>cuDNN</c>.</param>
/// <param name="Version">Its version, or null when it is missing.</param>
/// <param name="Path">Where it lies, as far as can be told.</param>
/// <param name="Problem">What is missing or does not serve, and how to get it, in one line; null when all is well.</param>
internal sealed record CudaPart(string Name, string? Version, string? Path, string? Problem);

/// <summary>
/// What there is of CUDA on this machine: for the command <c>devices</c>. Looking makes no context on a GPU and never throws.
/// </summary>
/// <param name="Gpus">Empty when the driver is missing.</param>
/// <param name="Parts">Driver, NVRTC, cuBLAS and cuDNN, in that order.</param>
internal sealed record CudaInventory(IReadOnlyList<GpuProperties> Gpus, IReadOnlyList<CudaPart> Parts)
{
    public static CudaInventory Take()
    {
        var gpus = new List<GpuProperties>();
        return new CudaInventory(gpus,
        [
            Look("driver", CudaLibrary.Driver, () => LookAtDriver(gpus)),
            Look("NVRTC", CudaLibrary.Nvrtc, () => (NvrtcVersion(), null)),
            Look("cuBLAS", CudaLibrary.Cublas, () => (CublasVersion(), null)),
            Look("cuDNN", CudaLibrary.Cudnn, () => (CudnnVersion(), null)),
        ]);
    }

    private static CudaPart Look(string name, CudaLibrary library, Func<(string? Version, string? Problem)> look)
    {
        if (library.Lookup.Problem is { } problem)
            return new CudaPart(name, null, null, problem);
        var path = PathOf(library.Lookup.Name!);
        try
        {
            var (version, flaw) = look();
            return new CudaPart(name, version, path, flaw);
        }
        catch (Exception error) when (error is CudaException or EntryPointNotFoundException)
        {
            return new CudaPart(name, null, path, error.Message);
        }
    }

    /// <summary>The version of a driver that finds no GPU is told as well.</summary>
    private static (string? Version, string? Problem) LookAtDriver(List<GpuProperties> gpus)
    {
        var version = cuDriverGetVersion(out var number) == 0 ? "CUDA " + NativeCudaDriver.VersionText(number) : null;
        try
        {
            _ = NativeCudaDriver.Initialize();
            if (cuDeviceGetCount(out var count) != 0 || count == 0)
                return (version, NativeCudaDriver.NoGpu);
            for (var ordinal = 0; ordinal < count; ordinal++)
                if (cuDeviceGet(out var device, ordinal) == 0)
                    gpus.Add(NativeCudaDriver.PropertiesOf(device, number));
            return (version, null);
        }
        catch (CudaException error)
        {
            return (version, error.Message);
        }
    }

    private static string NvrtcVersion()
    {
        var compiler = new NvrtcCompiler(null);
        var (oldest, newest) = compiler.Architectures;
        return $"{compiler.Version} (compute capability {oldest / 10}.{oldest % 10} to {newest / 10}.{newest % 10})";
    }

    private static unsafe string CublasVersion()
    {
        var property = (delegate* unmanaged<int, int*, int>)Export(CudaLibrary.Cublas, "cublasGetProperty");
        var numbers = stackalloc int[3];
        for (var i = 0; i < 3; i++)
        {
            if (property(i, numbers + i) is var result and not 0)
                throw new CudaException($"cublasGetProperty: status {result}");
        }

        return $"{numbers[0]}.{numbers[1]}.{numbers[2]}";
    }

    /// <summary>cuDNN 8 counts 1000 · major + 100 · minor + patch, cuDNN 9 10000 · major.</summary>
    private static unsafe string CudnnVersion()
    {
        var version = (int)((delegate* unmanaged<nuint>)Export(CudaLibrary.Cudnn, "cudnnGetVersion"))();
        var scale = version >= 10000 ? 10000 : 1000;
        return $"{version / scale}.{version % scale / 100}.{version % 100}";
    }

    private static nint Export(CudaLibrary library, string function) => NativeLibrary.GetExport(library.Lookup.Handle, function);

    /// <summary>The full path of a library that the system's loader found by its name.</summary>
    private static string PathOf(string name)
    {
        if (Path.IsPathFullyQualified(name))
            return name;
        try
        {
            using var process = Process.GetCurrentProcess();
            var stem = name.Split(".so")[0];
            foreach (ProcessModule module in process.Modules)
                if (Path.GetFileName(module.FileName)
                    .StartsWith(OperatingSystem.IsWindows() ? name : stem + ".so", StringComparison.OrdinalIgnoreCase))
                    return module.FileName;
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception or NotSupportedException)
        {
            // Not every system tells a process what it has loaded; the name is then all there is.
        }

        return name;
    }
}
