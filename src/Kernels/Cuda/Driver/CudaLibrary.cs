using System.Reflection;
using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda;

/// <summary>What the search for a library came to.</summary>
/// <param name="Handle">The loaded library, or 0.</param>
/// <param name="Name">The file's name or path that loaded, or null.</param>
/// <param name="Problem">Without a library: one line with every name tried and what to install.</param>
internal sealed record LibraryLookup(nint Handle, string? Name, string? Problem);

/// <summary>
/// One of the five libraries of NVIDIA's, found at run time; nothing of CUDA is linked. It is looked for by the system's loader, newest
/// name first, then in the folders of <see cref="LibraryPlaces"/>. Functions are declared with
/// <c>[LibraryImport(CudaLibrary.CublasName)]</c> and throw <see cref="DllNotFoundException"/> with the same line that
/// <see cref="Require"/> gives.
/// </summary>
internal sealed class CudaLibrary
{
    public const string DriverName = "cuda", NvrtcName = "nvrtc", CublasName = "cublas", CudnnName = "cudnn", NcclName = "nccl";

    private readonly Lazy<LibraryLookup> _lookup;

    static CudaLibrary() => NativeLibrary.SetDllImportResolver(typeof(CudaLibrary).Assembly, Resolve);

    private CudaLibrary(string title) =>
        (Title, _lookup) = (title, new Lazy<LibraryLookup>(() => Search(LibraryPlaces.OfThisMachine, NativeLibrary.Load)));

    /// <summary>NVIDIA's GPU driver.</summary>
    public static CudaLibrary Driver { get; } = new("the CUDA driver")
    {
        Names = OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1"],
        Remedy = "install NVIDIA's driver for the GPU, release 470 or newer",
        InPython = false,
    };

    /// <summary>The compiler of the kernels.</summary>
    public static CudaLibrary Nvrtc { get; } = new("NVRTC, which compiles the kernels,")
    {
        Names = OperatingSystem.IsWindows()
            ? ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"]
            : ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"],
        OldNames = OperatingSystem.IsWindows()
            ? ["nvrtc64_111_0.dll", "nvrtc64_110_0.dll", "nvrtc64_102_0.dll"]
            : ["libnvrtc.so.11.1", "libnvrtc.so.11.0", "libnvrtc.so.10.2"],
        Companions = OperatingSystem.IsWindows() ? ["nvrtc-builtins64_*.dll"] : ["libnvrtc-builtins.so*"],
        Remedy = "install the CUDA toolkit (11.2 or newer), or its NVRTC alone with pip install nvidia-cuda-nvrtc-cu12",
    };

    /// <summary>Matrix products.</summary>
    public static CudaLibrary Cublas { get; } = new("cuBLAS")
    {
        Names = OperatingSystem.IsWindows()
            ? ["cublas64_13.dll", "cublas64_12.dll", "cublas64_11.dll"]
            : ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11"],
        OldNames = OperatingSystem.IsWindows() ? ["cublas64_10.dll"] : ["libcublas.so.10"],
        Companions = OperatingSystem.IsWindows() ? ["cublasLt64_*.dll"] : ["libcublasLt.so.1?"],
        Remedy = "install it with the CUDA toolkit (11 or newer) or pip install nvidia-cublas-cu12",
        Otherwise = "without it the hand-written kernels multiply",
    };

    /// <summary>
    /// Convolutions. From its version 9 on it is split in files that load one another, and it needs cuBLAS and NVRTC of its own accord.
    /// </summary>
    public static CudaLibrary Cudnn { get; } = new("cuDNN")
    {
        Names = OperatingSystem.IsWindows() ? ["cudnn64_9.dll", "cudnn64_8.dll"] : ["libcudnn.so.9", "libcudnn.so.8"],
        OldNames = OperatingSystem.IsWindows() ? ["cudnn64_7.dll"] : ["libcudnn.so.7"],
        Companions = OperatingSystem.IsWindows() ? ["cudnn_*64_?.dll"] : ["libcudnn_*.so.?"],
        Needs = [Nvrtc, Cublas],
        Remedy = "install cuDNN 8 or 9, e.g. with pip install nvidia-cudnn-cu12",
        Otherwise = "without it the hand-written kernels convolve",
    };

    /// <summary>Sums over several GPUs. There is none for Windows.</summary>
    public static CudaLibrary Nccl { get; } = new("NCCL")
    {
        Names = ["libnccl.so.2"],
        PathVariable = "CROSSMODAL_NCCL",
        Remedy = "install it with pip install nvidia-nccl-cu12",
        Otherwise = "without it sums over ranks go through the host's memory",
    };

    /// <summary>What it is, as a sentence begins.</summary>
    public string Title { get; }

    /// <summary>File names that serve, the newest first.</summary>
    public required string[] Names { get; init; }

    /// <summary>An environment variable that names the file to take and no other; null where there is none.</summary>
    public string? PathVariable { get; init; }

    /// <summary>How to get it.</summary>
    public required string Remedy { get; init; }

    /// <summary>
    /// Whether a Python package may bring it. The driver belongs to the system, and to ask Python about it would cost every start of the
    /// program on a machine without one.
    /// </summary>
    public bool InPython { get; init; } = true;

    /// <summary>How to do without it; null where there is no CUDA without it.</summary>
    public string? Otherwise { get; init; }

    /// <summary>The library, loaded when it is first asked about; never throws.</summary>
    public LibraryLookup Lookup => _lookup.Value;

    /// <summary>File names of versions that do not serve, to be able to say so.</summary>
    private string[] OldNames { get; init; } = [];

    /// <summary>
    /// Files that it loads by itself, by name, and that are beside it: when it is found outside the loader's path they must be loaded
    /// before.
    /// </summary>
    private string[] Companions { get; init; } = [];

    private CudaLibrary[] Needs { get; init; } = [];

    private string Consequence => Otherwise is null ? "" : $"; {Otherwise}";

    /// <summary>Makes sure that the library's functions can be called.</summary>
    /// <exception cref="CudaException">It was not found; one line with every name tried and what to install.</exception>
    public void Require()
    {
        if (Lookup.Problem is { } problem)
            throw new CudaException(problem, DeviceProblem.Unavailable);
    }

    /// <summary>Looks for the library and loads it.</summary>
    /// <param name="load">Loads a file by name or full path, or throws <see cref="DllNotFoundException"/> or
    /// <see cref="BadImageFormatException"/>.</param>
    internal LibraryLookup Search(LibraryPlaces places, Func<string, nint> load)
    {
        var broken = new List<string>();
        if (PathVariable is { } variable && places.Named(variable) is { } file)
        {
            return Try(file, load, broken) is var chosen and not 0 ? new LibraryLookup(chosen, file, null)
                : new LibraryLookup(0, null, $"{variable} names what cannot be loaded: {broken[0]}{Consequence}");
        }

        foreach (var name in Names)
            if (Try(name, load, null) is var handle and not 0)
                return new LibraryLookup(handle, name, null);

        var folders = places.Folders(InPython).ToArray();
        foreach (var path in folders.SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).Where(File.Exists))
        {
            foreach (var needed in Needs)
                _ = needed.Lookup;
            LoadCompanions(Path.GetDirectoryName(path)!, load);
            if (Try(path, load, broken) is var handle and not 0)
                return new LibraryLookup(handle, path, null);
        }

        return new LibraryLookup(0, null, Describe(places, folders, broken, load));
    }

    private string Describe(LibraryPlaces places, string[] folders, List<string> broken, Func<string, nint> load)
    {
        if (broken.Count > 0)
            return $"{Title} was found but cannot be loaded: {string.Join("; ", broken)}; {Remedy}{Consequence}";
        var old = OldNames.Concat(folders.SelectMany(folder => OldNames.Select(name => Path.Combine(folder, name))).Where(File.Exists))
            .FirstOrDefault(name => Try(name, load, null) != 0);
        var absent = places.Chosen().Where(folder => !Directory.Exists(folder))
            .Select(folder => $"{LibraryPlaces.Variable} names {folder}, which is no folder; ");
        var also = folders.Length == 0 ? "" : $", and in {string.Join(", ", folders)}";
        return $"{Title} was not found: tried {string.Join(", ", Names)} by the system's loader{also}; "
            + (old is null ? "" : $"{old} is there but too old; ") + string.Concat(absent)
            + $"{Remedy}, or name its folder in {LibraryPlaces.Variable}{Consequence}";
    }

    private void LoadCompanions(string folder, Func<string, nint> load)
    {
        // One may need another, and which one changes with the version: whatever fails gets a second turn when the others are there.
        var files = Companions.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern)).Order(StringComparer.Ordinal).ToList();
        for (var turn = 0; turn < 2 && files.Count > 0; turn++)
            files.RemoveAll(file => Try(file, load, null) != 0);
    }

    private static nint Try(string name, Func<string, nint> load, List<string>? broken)
    {
        try
        {
            return load(name);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            broken?.Add($"{name} ({error.Message.Split('\n')[0].Trim()})");
            return 0;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        var library = name switch
        {
            DriverName => Driver,
            NvrtcName => Nvrtc,
            CublasName => Cublas,
            CudnnName => Cudnn,
            NcclName => Nccl,
            _ => null,
        };
        if (library is null)
            return 0;
        return library.Lookup.Problem is { } problem ? throw new DllNotFoundException(problem) : library.Lookup.Handle;
    }
}
