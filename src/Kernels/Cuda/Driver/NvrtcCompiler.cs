using System.Runtime.InteropServices;
using System.Text;
using static CrossModal.Kernels.Cuda.NvrtcApi;

namespace CrossModal.Kernels.Cuda;

/// <summary>A compiled kernel file.</summary>
/// <param name="Image">What cuModuleLoadData takes: a cubin for just this GPU, or PTX text that ends in a zero byte.</param>
/// <param name="Log">What the compiler had to say: its warnings; empty for a clean file.</param>
/// <param name="FromCache">Whether nothing had to be compiled.</param>
internal sealed record CompiledKernels(byte[] Image, string Log, bool FromCache);

/// <summary>
/// Compiles kernel files for a GPU with NVRTC, and keeps the results on disk. A GPU newer than this NVRTC gets PTX for the newest
/// architecture known, which the driver compiles on.
/// </summary>
internal sealed unsafe class NvrtcCompiler
{
    private const string Standard = "--std=c++17", LineInfo = "--generate-line-info";

    private readonly KernelCache? _cache;
    private readonly int[] _architectures;

    /// <param name="cacheFolder">Where compiled kernels are kept, or null to keep none.</param>
    /// <exception cref="CudaException">There is no NVRTC.</exception>
    public NvrtcCompiler(string? cacheFolder)
    {
        CudaLibrary.Nvrtc.Require();
        _cache = cacheFolder is null ? null : new KernelCache(cacheFolder);
        Check(nvrtcVersion(out var major, out var minor), nameof(nvrtcVersion));
        Version = $"{major}.{minor}";
        Check(nvrtcGetNumSupportedArchs(out var count), nameof(nvrtcGetNumSupportedArchs));
        _architectures = new int[count];
        fixed (int* architectures = _architectures)
            Check(nvrtcGetSupportedArchs(architectures), nameof(nvrtcGetSupportedArchs));
    }

    /// <summary>NVRTC's version, e.g. <c>12.4</c>.</summary>
    public string Version { get; }

    /// <summary>The oldest and the newest compute capability that it compiles for, e.g. 50 and 90.</summary>
    public (int Oldest, int Newest) Architectures => (_architectures[0], _architectures[^1]);

    /// <exception cref="CudaException">This NVRTC no longer compiles for so old a GPU.</exception>
    public void RequireServes(int major, int minor) => Target(major, minor);

    /// <summary>
    /// Compiles a file for compute capability <paramref name="major"/>.<paramref name="minor"/>, or takes it from the cache. Several
    /// threads may.
    /// </summary>
    /// <exception cref="CudaException">It does not compile; one line with file, line and the compiler's first error.</exception>
    public CompiledKernels Compile(KernelSource source, int major, int minor)
    {
        var target = Target(major, minor) + (source.IsForHopper && (major, minor) == (9, 0) ? "a" : "");
        var key = $"{source.Name}-{target}-nvrtc{Version}-{source.Hash}{Standard}{LineInfo}";
        if (_cache?.Read(key) is { } kept)
            return kept;
        var compiled = CompileNow(source, target);
        _cache?.Write(key, compiled);
        return compiled;
    }

    /// <summary><c>sm_80</c>, for which a cubin is made, or <c>compute_90</c>, for which it is PTX.</summary>
    private string Target(int major, int minor)
    {
        var wanted = (10 * major) + minor;
        if (Array.IndexOf(_architectures, wanted) >= 0)
            return $"sm_{wanted}";
        var known = Array.FindLast(_architectures, architecture => architecture < wanted);
        if (known == 0)
        {
            var oldest = _architectures[0];
            throw new CudaException(
                $"NVRTC {Version} compiles for compute capability {oldest / 10}.{oldest % 10} and newer and the GPU has {major}.{minor}; "
                + "install an older NVRTC", DeviceProblem.Unavailable);
        }

        return $"compute_{known}";
    }

    private CompiledKernels CompileNow(KernelSource source, string target)
    {
        var file = source.Name + ".cu";
        Check(
            nvrtcCreateProgram(out var program, source.Text, file, source.Headers.Count, [.. source.Headers.Values],
                [.. source.Headers.Keys]),
            nameof(nvrtcCreateProgram));
        try
        {
            string[] options = [$"--gpu-architecture={target}", Standard, LineInfo];
            var result = nvrtcCompileProgram(program, options.Length, options);
            var log = Log(program);
            if (result != 0)
            {
                var error = FirstError(log) ?? $"kernels/{file}: {Name(result)}";
                throw new CudaException($"{source.WithPaths(error)} (NVRTC {Version} for {target})");
            }

            return new CompiledKernels(Image(program, target), log, FromCache: false);
        }
        finally
        {
            _ = nvrtcDestroyProgram(ref program);
        }
    }

    private static byte[] Image(nint program, string target)
    {
        var cubin = target.StartsWith("sm_", StringComparison.Ordinal);
        Check(
            cubin ? nvrtcGetCUBINSize(program, out var bytes) : nvrtcGetPTXSize(program, out bytes),
            cubin ? nameof(nvrtcGetCUBINSize) : nameof(nvrtcGetPTXSize));
        var image = new byte[bytes];
        fixed (byte* start = image)
            Check(cubin ? nvrtcGetCUBIN(program, start) : nvrtcGetPTX(program, start), cubin ? nameof(nvrtcGetCUBIN) : nameof(nvrtcGetPTX));
        return image;
    }

    private static string Log(nint program)
    {
        Check(nvrtcGetProgramLogSize(program, out var bytes), nameof(nvrtcGetProgramLogSize));
        var log = new byte[bytes + 1];
        fixed (byte* start = log)
            Check(nvrtcGetProgramLog(program, start), nameof(nvrtcGetProgramLog));
        return Encoding.UTF8.GetString(log).TrimEnd('\0', '\n', '\r', ' ');
    }

    /// <summary>
    /// NVRTC writes <c>softmax.cu(12): error: identifier "x" is undefined</c>; here that becomes <c>kernels/softmax.cu:12: identifier "x"
    /// is undefined</c>.
    /// </summary>
    private static string? FirstError(string log)
    {
        const string mark = "error";
        foreach (var line in log.Split('\n'))
        {
            var place = line.IndexOf("): ", StringComparison.Ordinal);
            var open = place < 0 ? -1 : line.LastIndexOf('(', place);
            var what = open < 0 ? -1 : line.IndexOf(mark, place, StringComparison.Ordinal);
            if (what > 0)
                return $"kernels/{line[..open]}:{line[(open + 1)..place]}: {line[(what + mark.Length)..].TrimStart(':', ' ').Trim()}";
        }

        return log.Split('\n').FirstOrDefault(line => line.Contains(mark, StringComparison.Ordinal))?.Trim();
    }

    private static void Check(int result, string function)
    {
        if (result != 0)
            throw new CudaException($"{function}: {Name(result)}");
    }

    private static string Name(int result) => Marshal.PtrToStringUTF8((nint)nvrtcGetErrorString(result)) ?? $"error {result}";
}
