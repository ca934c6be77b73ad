using System.Diagnostics;
using System.Runtime.Versioning;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Files;

/// <summary>Tests that set variables of the process: they run alone.</summary>
[CollectionDefinition("environment", DisableParallelization = true)]
public static class EnvironmentCollection;

/// <summary>Caches hold code that is run: nobody but the user may put something there.</summary>
[Collection("environment")]
[UnsupportedOSPlatform("windows")]
public sealed class CacheRootTests : IDisposable
{
    private static readonly string[] Names = ["CROSSMODAL_CACHE", "HOME", "XDG_CACHE_HOME", "TMPDIR"];

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-cache-").FullName;
    private readonly string?[] _before = [.. Names.Select(Environment.GetEnvironmentVariable)];

    public CacheRootTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows gives each user folders of his own");
        foreach (var name in Names)
            Environment.SetEnvironmentVariable(name, null);
        Environment.SetEnvironmentVariable("TMPDIR", _folder);
    }

    public void Dispose()
    {
        foreach (var (name, value) in Names.Zip(_before))
            Environment.SetEnvironmentVariable(name, value);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void WithoutAHomeTheCacheIsAPrivateFolder()
    {
        Environment.SetEnvironmentVariable("HOME", "relative/home");
        var root = Path.Combine(_folder, $"crossmodal-{FileStatus.User}");
        Assert.Equal(root, CacheRoot.Folder);
        Assert.Equal(Path.Combine(root, "samples"), CacheRoot.Ensure("samples"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(root));

        // What others may write to is not used, nor a link to somewhere.
        File.SetUnixFileMode(root, File.GetUnixFileMode(root) | UnixFileMode.OtherWrite);
        Assert.Contains($"{root} is not this user's alone; set HOME",
            Assert.Throws<BadInputException>(() => CacheRoot.Ensure("a")).Message);
        Directory.Delete(root, recursive: true);
        Directory.CreateSymbolicLink(root, Directory.CreateDirectory(Path.Combine(_folder, "planted")).FullName);
        Assert.Throws<BadInputException>(() => CacheRoot.Ensure("samples"));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder, "planted")));
    }

    [Fact]
    public void AFolderOfCodeIsClosedToOthers()
    {
        Environment.SetEnvironmentVariable("CROSSMODAL_CACHE", _folder);
        var loose = Directory.CreateDirectory(Path.Combine(_folder, "cuda")).FullName;
        File.SetUnixFileMode(loose, File.GetUnixFileMode(loose) | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite);
        Assert.Equal(loose, CacheRoot.EnsurePrivate("cuda"));
        Assert.True(FileStatus.Of(loose)!.Value.IsPrivate);
    }

    [Fact]
    public void AFolderOfAnotherUserIsRefused()
    {
        Assert.SkipUnless(FileStatus.User == 0, "only root can give a folder away");
        Environment.SetEnvironmentVariable("CROSSMODAL_CACHE", _folder);
        var theirs = Directory.CreateDirectory(Path.Combine(_folder, "cuda-sim")).FullName;
        using (var given = Process.Start("chown", ["12345", theirs]))
            given.WaitForExit();
        Assert.Equal($"the cache folder {theirs} belongs to another user; set CROSSMODAL_CACHE to a folder of your own",
            Assert.Throws<BadInputException>(() => CacheRoot.EnsurePrivate("cuda-sim")).Message);
    }

    /// <summary>A library that others could have written is compiled anew, and one of this user's is not.</summary>
    [Fact]
    public void ALibraryThatOthersCouldHaveWrittenIsNotLoaded()
    {
        TestDevices.Require("cuda-sim");
        Environment.SetEnvironmentVariable("CROSSMODAL_CACHE", _folder);
        var (compiler, source) = (HostCompiler.Find(), KernelSource.Of(KernelSource.Families[0]));
        var library = compiler.Compile(source, SimulatorBuild.Fast);
        var whole = File.ReadAllBytes(library);
        foreach (var mode in new[] { UnixFileMode.None, UnixFileMode.OtherWrite, UnixFileMode.GroupWrite })
        {
            File.WriteAllText(library, "planted");
            File.SetUnixFileMode(library, UnixFileMode.UserRead | UnixFileMode.UserWrite | mode);
            Assert.Equal(library, compiler.Compile(source, SimulatorBuild.Fast));
            Assert.Equal(mode == UnixFileMode.None, File.ReadAllText(library) == "planted");
        }

        Assert.Equal(whole.Length, new FileInfo(library).Length);
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(library)!, ".crossmodal-*"));
    }

    /// <summary>A path is one argument, whatever is in it.</summary>
    [Fact]
    public void AQuotationMarkInAPathIsPartOfThePath()
    {
        TestDevices.Require("cuda-sim");
        var cache = Path.Combine(_folder, "with \" -fplugin=\"planted\" and spaces");
        Environment.SetEnvironmentVariable("CROSSMODAL_CACHE", cache);
        var library = HostCompiler.Find().Compile(KernelSource.Of(KernelSource.Families[0]), SimulatorBuild.Fast);
        Assert.StartsWith(cache, library);
        Assert.True(new FileInfo(library).Length > 1000);
    }
}
