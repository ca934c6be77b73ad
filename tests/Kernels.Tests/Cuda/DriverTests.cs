using System.Reflection;
using System.Runtime.InteropServices;
using CrossModal.Kernels.Cuda;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// What of the real driver can be proved without a GPU: the names of its functions, and what is said when something is missing.
/// </summary>
public sealed class DriverTests
{
    [Fact]
    public void EveryFunctionOfTheDriverThatIsDeclaredIsExported()
    {
        nint library;
        if (CudaLibrary.Driver.Lookup is { Problem: null, Handle: var found })
            library = found;
        else if (!NativeLibrary.TryLoad(UnpackedDriver(), out library))
            Assert.Skip("there is no libcuda.so.1, and .ci/install-nvrtc has not unpacked one");
        AssertExports(typeof(DriverApi), "cu", library, 40);
    }

    [Fact]
    public void EveryFunctionOfNVRTCThatIsDeclaredIsExported()
    {
        if (CudaLibrary.Nvrtc.Lookup.Problem is { } problem)
            Assert.Skip(problem);
        AssertExports(typeof(NvrtcApi), "nvrtc", CudaLibrary.Nvrtc.Lookup.Handle, 13);
    }

    [Fact]
    public void WithoutADriverOpeningGivesOneLine()
    {
        if (CudaLibrary.Driver.Lookup.Problem is null)
            Assert.Skip("there is a CUDA driver");
        Assert.False(NativeCudaDriver.TryOpen(null, out var driver, out var why));
        Assert.Null(driver);
        Assert.Contains("the CUDA driver was not found: tried ", why);
        Assert.DoesNotContain("--", why);
        Assert.DoesNotContain('\n', why);
        var error = Assert.Throws<CudaException>(() => NativeCudaDriver.Open(null));
        Assert.Equal((why, DeviceProblem.Unavailable), (error.Message, error.Problem));
    }

    [Fact]
    public void TheInventorySaysOfEachPartWhatItIsOrHowToGetIt()
    {
        var inventory = CudaInventory.Take();
        Assert.Equal(["driver", "NVRTC", "cuBLAS", "cuDNN"], inventory.Parts.Select(part => part.Name));
        foreach (var part in inventory.Parts)
        {
            Assert.True(part.Version is not null || part.Problem is not null, part.ToString());
            Assert.Equal(part.Path is null, part.Version is null && part.Problem!.Contains("not found", StringComparison.Ordinal));
            Assert.DoesNotContain('\n', part.Problem ?? "");
        }
    }

    /// <summary>The driver's library from Debian's package, which lies beside NVRTC when .ci/install-nvrtc has unpacked both.</summary>
    private static string UnpackedDriver() =>
        Path.Combine(Path.GetDirectoryName(CudaLibrary.Nvrtc.Lookup.Name) is { Length: > 0 } folder ? folder
            : "/nowhere", "nvidia", "current", "libcuda.so.1");

    private static void AssertExports(Type declarations, string prefix, nint library, int atLeast)
    {
        var names = declarations.GetMethods(BindingFlags.Static | BindingFlags.Public).Select(method => method.Name)
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToArray();
        Assert.True(names.Length >= atLeast, $"only {names.Length} declarations were found");
        var missing = names.Where(name => !NativeLibrary.TryGetExport(library, name, out _)).ToArray();
        Assert.True(missing.Length == 0, $"the library has no {string.Join(", ", missing)}");
    }
}
