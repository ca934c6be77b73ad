using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.Loader;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// cuBLAS and cuDNN from the options down to their functions, without a GPU: stand-ins for both, in C++ with NVIDIA's prototypes over host
/// memory, are compiled and found as the real ones would be, and the simulator gives the rest of the device. What this cannot show is how
/// the real libraries behave on a card.
/// </summary>
public sealed class KernelChoiceLibraryTests(StandInLibraries libraries) : IClassFixture<StandInLibraries>
{
    /// <summary>The clock of this driver counts launches: those between two marks, whatever the host does meanwhile.</summary>
    [Fact]
    public void WorkIsTimedByEventsInItsStream()
    {
        var options = new DeviceSettings { MatrixProducts = KernelProvider.Handwritten, Convolutions = KernelProvider.Handwritten };
        using var backend = new CudaBackend(new GpuLikeDriver(), options);
        var y = new DeviceArray(backend.Memory.Allocate(64, "test").Address, 16, ElementType.Float32);
        using var clock = backend.CreateClock(3);
        backend.Fill(y, 1);
        clock.Mark(0);
        backend.Fill(y, 2);
        backend.Fill(y, 3);
        clock.Mark(1);
        backend.Fill(y, 4);
        clock.Mark(2);
        Assert.Equal((2, 1, 3), (clock.Milliseconds(0, 1), clock.Milliseconds(1, 2), clock.Milliseconds(0, 2)));
    }

    [Fact]
    public void DemandedLibrariesComputeWhatTheReferenceDoes() =>
        libraries.Run(nameof(KernelChoiceLibraryScenarios.DemandedLibrariesCompute));

    [Fact]
    public void TheHandwrittenKernelsServeWhereALibraryDoesNot() =>
        libraries.Run(nameof(KernelChoiceLibraryScenarios.HandwrittenKernelsFillTheGaps));

    [Fact]
    public void AutoTakesTheLibraryWhereItIsFasterAndKeepsToIt() =>
        libraries.Run(nameof(KernelChoiceLibraryScenarios.AutoTakesTheFasterLibrary));

    [Fact]
    public void AutoTakesTheHandwrittenKernelsWhereTheyAreFaster() =>
        libraries.Run(nameof(KernelChoiceLibraryScenarios.AutoTakesTheFasterKernels));

    [Fact]
    public void HandwrittenAsksNoLibrary() => libraries.Run(nameof(KernelChoiceLibraryScenarios.HandwrittenAsksNoLibrary));

    [Fact]
    public void ALibraryCallAllocatesNothingOnceWarm() => libraries.Run(nameof(KernelChoiceLibraryScenarios.AWarmCallAllocatesNothing));

    [Fact]
    public void AFailureIsToldWithFunctionAndMeaning() => libraries.Run(nameof(KernelChoiceLibraryScenarios.AFailureHasFunctionAndMeaning));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheSimulatorHasNoLibrariesAndSaysSo(bool products)
    {
        var options = products ? new DeviceSettings { MatrixProducts = KernelProvider.Library }
            : new DeviceSettings { Convolutions = KernelProvider.Library };
        var error = Assert.Throws<DeviceException>(() => new CudaBackend(new SimulatedDriver(1), options));
        Assert.Equal("cuda-sim has the hand-written kernels alone", error.Message);
        Assert.Equal((DeviceProblem.Unsupported, products ? "MatrixProducts" : "Convolutions"), (error.Problem, error.Setting));
    }

    [Fact]
    public void AMissingLibraryIsToldInOneLineWhenItIsDemandedAndDoneWithoutElse()
    {
        Assert.SkipWhen(CudaLibrary.Cublas.Lookup.Problem is null, "cuBLAS is installed here");
        var error = Assert.Throws<DeviceException>(() =>
            new CudaBackend(new GpuLikeDriver(), new DeviceSettings { MatrixProducts = KernelProvider.Library }));
        Assert.StartsWith("cuBLAS was not found: tried libcublas.so.13, libcublas.so.12, libcublas.so.11", error.Message);
        Assert.DoesNotContain('\n', error.Message);
        libraries.WithFolder(folder =>
        {
            using var backend = new CudaBackend(new GpuLikeDriver(), new DeviceSettings()) { ChoiceFolder = folder };
            KernelChoiceLibraryScenarios.CheckProduct(backend, new MatrixProductGeometry(1, 3, 4, 5, false, false));
        });
    }
}

/// <summary>
/// The stand-ins as files, and a second copy of the engine and of these tests in a load context of its own that finds them: which library a
/// name means is settled once for a copy.
/// </summary>
public sealed class StandInLibraries : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crossmodal-standins-");
    private readonly Lazy<Type> _scenarios;

    public StandInLibraries() => _scenarios = new Lazy<Type>(Load);

    /// <summary>Runs a method of <see cref="KernelChoiceLibraryScenarios"/> in the second copy, with a folder for its choices.</summary>
    public void Run(string scenario)
    {
        var method = _scenarios.Value.GetMethod(scenario)!;
        WithFolder(folder =>
        {
            try
            {
                method.Invoke(null, [folder]);
            }
            catch (TargetInvocationException error)
            {
                ExceptionDispatchInfo.Throw(error.InnerException!);
            }
        });
    }

    public void WithFolder(Action<string> action) => action(_folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName);

    public void Dispose() => _folder.Delete(recursive: true);

    private Type Load()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the stand-ins are compiled as Linux libraries");
        Compile("cublas.cpp", "libcublas.so.12");
        Compile("cudnn.cpp", "libcudnn.so.9");
        var context = new SecondCopy();
        var scenarios = context.LoadFromAssemblyPath(typeof(StandInLibraries).Assembly.Location)
            .GetType(typeof(KernelChoiceLibraryScenarios).FullName!)!;
        var before = Environment.GetEnvironmentVariable("CROSSMODAL_CUDA_PATH");
        try
        {
            Environment.SetEnvironmentVariable("CROSSMODAL_CUDA_PATH", _folder.FullName);
            var found = (string)scenarios.GetMethod(nameof(KernelChoiceLibraryScenarios.FindLibraries))!.Invoke(null, null)!;
            Assert.SkipUnless(found.Split('\n').All(path => path.StartsWith(_folder.FullName, StringComparison.Ordinal)),
                $"the system's loader finds NVIDIA's own libraries first: {found}");
        }
        finally
        {
            Environment.SetEnvironmentVariable("CROSSMODAL_CUDA_PATH", before);
        }

        return scenarios;
    }

    private void Compile(string source, string library, [CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "StandIns", source);
        var compiler = Environment.GetEnvironmentVariable("CXX") is { Length: > 0 } chosen ? chosen : "g++";
        try
        {
            using var process = Process.Start(new ProcessStartInfo(
                compiler, ["-std=c++17", "-O1", "-shared", "-fPIC", "-o", Path.Combine(_folder.FullName, library), path])
            {
                RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{compiler} is not there to compile the stand-ins: apt-get install g++");
        }
    }

    private sealed class SecondCopy() : AssemblyLoadContext("stand-ins")
    {
        protected override Assembly? Load(AssemblyName name) =>
            name.Name == typeof(CudaBackend).Assembly.GetName().Name ? LoadFromAssemblyPath(typeof(CudaBackend).Assembly.Location) : null;
    }
}
