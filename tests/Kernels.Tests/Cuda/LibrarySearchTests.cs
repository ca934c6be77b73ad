using System.Runtime.Versioning;
using CrossModal.Kernels.Cuda;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// Where CUDA's libraries are looked for, on made-up machines: folders with empty files, and a loader that loads any file that is there.
/// </summary>
public sealed class LibrarySearchTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("crossmodal-libraries").FullName;
    private readonly Dictionary<string, string> _environment = [];
    private readonly List<string> _loaded = [];

    public static bool NotOnWindows => !OperatingSystem.IsWindows();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    public void WhatIsMissingIsToldInOneLineWithEveryNameTried()
    {
        CudaLibrary[] all = [CudaLibrary.Driver, CudaLibrary.Nvrtc, CudaLibrary.Cublas, CudaLibrary.Cudnn, CudaLibrary.Nccl];
        foreach (var library in all)
        {
            var lookup = Search(library);
            Assert.Equal(0, lookup.Handle);
            Assert.DoesNotContain('\n', lookup.Problem!);
            Assert.All(library.Names, name => Assert.Contains(name, lookup.Problem!));
            Assert.Contains(library.Remedy, lookup.Problem!);
            Assert.Contains(LibraryPlaces.Variable, lookup.Problem!);
        }
    }

    [Fact(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    public void TheFoldersThatWereSearchedAreTold()
    {
        var folder = Folder("usr/local/cuda-12.4/lib64");
        Assert.Contains($"and in {folder}", Search(CudaLibrary.Nvrtc).Problem!);
    }

    [Fact(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    public void TheSystemsLoaderIsAskedFirstForTheNewest()
    {
        _environment[LibraryPlaces.Variable] = Path.GetDirectoryName(Touch("chosen/libnvrtc.so.13"))!;
        var lookup = CudaLibrary.Nvrtc.Search(Places, name =>
            name is "libnvrtc.so.12" or "libnvrtc.so.11.2" ? 7 : throw new DllNotFoundException());
        Assert.Equal(new LibraryLookup(7, "libnvrtc.so.12", null), lookup);
    }

    [Theory(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    [InlineData("chosen/libnvrtc.so.12")]
    [InlineData("chosen/lib64/libnvrtc.so.12")]
    [InlineData("chosen/lib/libnvrtc.so.12")]
    [InlineData("chosen/bin/libnvrtc.so.12")]
    [InlineData("environment/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12")]
    [InlineData("environment/lib/python3.14/site-packages/nvidia/cu13/lib/libnvrtc.so.13")]
    [InlineData("conda/lib/libnvrtc.so.12")]
    [InlineData("conda/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12")]
    [InlineData("python/lib/python3.10/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12")]
    [InlineData("home/.local/lib/python3.10/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12")]
    [InlineData("usr/lib/python3/dist-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12")]
    [InlineData("usr/local/lib/python3.12/dist-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.11.2")]
    [InlineData("usr/local/cuda/lib64/libnvrtc.so.12")]
    [InlineData("usr/local/cuda-11.8/lib64/libnvrtc.so.11.2")]
    public void EveryPlaceIsSearched(string file)
    {
        Touch("python/bin/python3");
        _environment[LibraryPlaces.Variable] = $"{_root}/nowhere:{_root}/chosen";
        _environment["VIRTUAL_ENV"] = $"{_root}/environment";
        _environment["CONDA_PREFIX"] = $"{_root}/conda";
        _environment["PATH"] = $"{_root}/elsewhere:{_root}/python/bin";
        _environment["HOME"] = $"{_root}/home";
        var path = Touch(file);
        Assert.Equal(path, Search(CudaLibrary.Nvrtc).Name);
    }

    /// <summary>An interpreter on the PATH that is a link: its packages are where the link leads, over as many steps as it takes.</summary>
    [Fact(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    public void ALinkedInterpretersPackagesAreFound()
    {
        var python = Touch("opt/python-3.12/bin/python3.12");
        Folder("opt/current/bin");
        Folder("shims");
        File.CreateSymbolicLink(Path.Combine(_root, "opt/current/bin/python3"), python);
        File.CreateSymbolicLink(Path.Combine(_root, "shims/python3"), Path.Combine(_root, "opt/current/bin/python3"));
        Folder("circle");
        File.CreateSymbolicLink(Path.Combine(_root, "circle/python3"), Path.Combine(_root, "circle/python3"));
        _environment["PATH"] = $"{_root}/circle:{_root}/shims";
        var path = Touch("opt/python-3.12/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12");
        Assert.Equal(path, Search(CudaLibrary.Nvrtc).Name);
        File.Delete(path);
        path = Touch("opt/current/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12");
        Assert.Equal(path, Search(CudaLibrary.Nvrtc).Name);
    }

    /// <summary>An interpreter on the PATH that is a script says itself where its packages are.</summary>
    [Fact(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    [UnsupportedOSPlatform("windows")]
    public void AWrappedInterpreterIsAsked()
    {
        var wrapper = Touch("shims/python3");
        File.WriteAllText(wrapper, $"#!/bin/sh\necho {_root}/versions/site-packages\n");
        File.SetUnixFileMode(wrapper, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _environment["PATH"] = $"{_root}/shims";
        var path = Touch("versions/site-packages/nvidia/cu13/lib/libnvrtc.so.13");
        Assert.Equal(path, Search(CudaLibrary.Nvrtc).Name);

        // One that fails, or prints what is no folder, leads nowhere.
        File.SetUnixFileMode(wrapper, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(0, Search(CudaLibrary.Nvrtc).Handle);
        Assert.Contains("was not found", Search(CudaLibrary.Nvrtc).Problem!);
    }

    [Fact(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    public void TheChosenFolderComesBeforePythonAndThatBeforeToolkitsNewestFirst()
    {
        string[] order =
        [
            Touch("chosen/libcublas.so.11"),
            Touch("environment/lib/python3.11/site-packages/nvidia/cublas/lib/libcublas.so.12"),
            Touch("usr/local/cuda/lib64/libcublas.so.12"),
            Touch("usr/local/cuda-12.10/lib64/libcublas.so.12"),
            Touch("usr/local/cuda-12.9/lib64/libcublas.so.12"),
        ];
        _environment[LibraryPlaces.Variable] = $"{_root}/chosen";
        _environment["VIRTUAL_ENV"] = $"{_root}/environment";
        foreach (var expected in order)
        {
            Assert.Equal(expected, Search(CudaLibrary.Cublas).Name);
            File.Delete(expected);
        }
    }

    [Fact(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    public void WhatALibraryLoadsByItselfIsLoadedBeforeItFromTheSameFolder()
    {
        string[] expected = [Touch("usr/local/cuda/lib64/libnvrtc-builtins.so.12.4"), Touch("usr/local/cuda/lib64/libnvrtc.so.12")];
        Search(CudaLibrary.Nvrtc);
        Assert.Equal(expected, _loaded);
    }

    [Fact(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    public void AVersionTooOldIsTold()
    {
        var old = Touch("usr/local/cuda/lib64/libcudnn.so.7");
        var problem = Search(CudaLibrary.Cudnn).Problem!;
        Assert.Contains($"{old} is there but too old", problem);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    public void AFileThatCannotBeLoadedIsToldWithTheLoadersReason()
    {
        var path = Touch("usr/local/cuda/lib64/libcublas.so.12");
        var problem = CudaLibrary.Cublas.Search(Places, _ => throw new DllNotFoundException("file too short\nand more")).Problem!;
        Assert.Contains($"cuBLAS was found but cannot be loaded: {path} (file too short)", problem);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact(SkipUnless = nameof(NotOnWindows), Skip = "the names are those of Linux")]
    public void AChosenFolderThatIsNotThereIsTold()
    {
        _environment[LibraryPlaces.Variable] = $"{_root}/typo";
        Assert.Contains($"{LibraryPlaces.Variable} names {_root}/typo, which is no folder", Search(CudaLibrary.Nvrtc).Problem!);
    }

    [Fact]
    public void AFileThatIsNamedIsTakenAndNoOther()
    {
        var named = _environment[CudaLibrary.Nccl.PathVariable!] = Touch("own/sums.so");
        Assert.Equal(named, Search(CudaLibrary.Nccl).Name);
        _environment[CudaLibrary.Nccl.PathVariable!] = $"{_root}/typo.so";
        Touch("usr/local/cuda/lib64/libnccl.so.2");
        Assert.Equal($"CROSSMODAL_NCCL names what cannot be loaded: {_root}/typo.so ({_root}/typo.so: no such file); "
            + "without it sums over ranks go through the host's memory", Search(CudaLibrary.Nccl).Problem);
    }

    private LibraryPlaces Places => new(name => _environment.GetValueOrDefault(name), _root);

    private LibraryLookup Search(CudaLibrary library) => library.Search(Places, Load);

    private nint Load(string name)
    {
        if (!File.Exists(name))
            throw new DllNotFoundException($"{name}: no such file");
        _loaded.Add(name);
        return _loaded.Count;
    }

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    private string Touch(string file)
    {
        var path = Path.Combine(_root, file);
        Folder(Path.GetDirectoryName(file)!);
        File.WriteAllText(path, "");
        return path;
    }
}
