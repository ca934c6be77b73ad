using System.Diagnostics;
using System.Runtime.InteropServices;
using CrossModal.Kernels.Cuda;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// The C# side of the real driver, every call of it, over DriverStandIn.cpp in place of libcuda.so.1 and NVRTC. A process loads one driver
/// in its life, so the cases run in a process of their own, in which the loader finds the stand-in.
/// </summary>
public sealed class DriverStandInTests
{
    [Fact]
    public async Task TheRealDriverHoldsItsPromisesOverAStandInLibrary()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || OperatingSystem.IsMacOS(), "the stand-in library is for Linux");
        var folder = Directory.CreateTempSubdirectory("crossmodal-driver").FullName;
        try
        {
            await Build(folder);
            var host = Environment.ProcessPath!;
            string[] program = Path.GetFileNameWithoutExtension(host) == "dotnet"
                ? ["exec", typeof(DriverStandInTests).Assembly.Location] : [];
            string[] arguments = [.. program, "-explicit", "only", "-noColor", "-class", typeof(DriverStandInCases).FullName!];
            var (code, output) = await Run(host, arguments, ("LD_LIBRARY_PATH", folder));
            Assert.True(code == 0, output);
            var cases = typeof(DriverStandInCases).GetMethods()
                .Count(method => method.GetCustomAttributes(typeof(FactAttribute), false).Length > 0);
            Assert.Contains($"Total: {cases}, Errors: 0, Failed: 0, Skipped: 0", output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task Build(string folder)
    {
        var source = Path.Combine(folder, "DriverStandIn.cpp");
        await using (var text = typeof(DriverStandInTests).Assembly.GetManifestResourceStream("DriverStandIn.cpp")!)
        await using (var file = File.Create(source))
            await text.CopyToAsync(file, TestContext.Current.CancellationToken);
        var library = Path.Combine(folder, "libcuda.so.1");
        foreach (var compiler in (string?[])[Environment.GetEnvironmentVariable("CXX"), "g++", "clang++"])
        {
            try
            {
                if (string.IsNullOrEmpty(compiler))
                    continue;
                var (code, output) = await Run(compiler, ["-std=c++17", "-shared", "-fPIC", source, "-o", library]);
                Assert.True(code == 0, output);
                File.CreateSymbolicLink(Path.Combine(folder, "libnvrtc.so.13"), library);
                return;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // There is no such program; the next one may be there.
            }
        }

        const string reason = "there is no C++ compiler: CXX, g++, clang++";
        if ((Environment.GetEnvironmentVariable("CROSSMODAL_REQUIRE") ?? "").Contains("compiler", StringComparison.Ordinal))
            Assert.Fail(reason);
        Assert.Skip(reason);
    }

    private static async Task<(int Code, string Output)> Run(string program, string[] arguments,
        params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }
}

/// <summary>The cases of <see cref="DriverStandInTests"/>: they run in its process only, where the stand-in is the driver.</summary>
public sealed unsafe partial class DriverStandInCases : IDisposable
{
    public void Dispose()
    {
        foreach (var what in (string[])["fault", "cuInit", "cuMemAlloc_v2", "cuLaunchKernel", "cuModuleLoadData",
            "cuDevicePrimaryCtxRetain"])
            stand_in_clear(what);
        foreach (var (what, value) in ((string, int)[])[("version", 12040), ("devices", 1), ("mode", 0), ("newest", 86)])
            stand_in_set(what, value);
        Environment.SetEnvironmentVariable(NativeCudaDriver.DeviceVariable, null);
    }

    [Fact(Explicit = true)]
    public void TheGPUIsDescribed()
    {
        using var driver = NativeCudaDriver.Open(null);
        Assert.Equal(new GpuProperties("Stand-in GPU", 8, 6, 42, 101376, 5L << 30, 1500000, 12040), driver.Properties);
        Assert.Equal(3 << 20, driver.FreeBytes);
        var inventory = CudaInventory.Take();
        Assert.Equal(driver.Properties, Assert.Single(inventory.Gpus));
        Assert.Equal("CUDA 12.4", inventory.Parts[0].Version);
        Assert.EndsWith("/libcuda.so.1", inventory.Parts[0].Path);
        Assert.Equal("13.7 (compute capability 7.5 to 8.6)", inventory.Parts[1].Version);
    }

    [Fact(Explicit = true)]
    public void MemoryIsCopiedAndClearedFromAnyThreadAndAllOfItGivenBack()
    {
        using (var driver = NativeCudaDriver.Open(null))
        {
            var stream = driver.CreateStream();
            var (first, second, host) = (driver.Allocate(16), driver.Allocate(16), driver.AllocateHost(16));
            var back = stackalloc int[4];
            for (var i = 0; i < 4; i++)
                ((int*)host)[i] = i + 1;
            var thread = new Thread(() => driver.CopyToDevice(first, (void*)host, 16, stream));
            thread.Start();
            thread.Join();
            driver.CopyOnDevice(second, first, 16, stream);
            driver.Clear(second + 4, 8, stream);
            driver.CopyToHost(back, second, 16, stream);
            driver.Synchronize(stream);
            Assert.Equal([1, 0, 0, 4], new ReadOnlySpan<int>(back, 4));
            Assert.Equal((2, 1, 1), (Live("memory"), Live("host"), Live("stream")));
            driver.Free(first);
            driver.Free(second);
            driver.FreeHost(host);
            driver.DestroyStream(stream);
        }

        AssertNothingLives();
    }

    /// <summary>
    /// cuBLAS and cuDNN keep things of their own in the primary context, so it must not be destroyed and made again between two devices of
    /// one process; what a device forgot to free must not stay in it.
    /// </summary>
    [Fact(Explicit = true)]
    public void TheContextOutlivesTheDeviceAndNothingElseDoes()
    {
        NativeCudaDriver.Open(null).Dispose();
        var held = Live("context");
        Assert.True(held > 0);
        for (var turn = 0; turn < 2; turn++)
        {
            using (var driver = NativeCudaDriver.Open(null))
            {
                Assert.Equal(held + 1, Live("context"));
                _ = driver.Allocate(64);
                _ = driver.AllocateHost(64);
                _ = driver.CreateStream();
                _ = driver.CreateEvent();
                _ = driver.LoadModule(Source);
            }

            AssertNothingLives();
            Assert.Equal(held, Live("context"));
        }
    }

    [Fact(Explicit = true)]
    public void ADisposedDriverIsNotUsedFromAnotherThreadEither()
    {
        var driver = NativeCudaDriver.Open(null);
        var (opened, disposed) = (new ManualResetEventSlim(), new ManualResetEventSlim());
        Exception? error = null;
        var thread = new Thread(() =>
        {
            driver.MakeCurrent();
            opened.Set();
            disposed.Wait();
            error = Record.Exception(() => driver.Allocate(64));
        });
        thread.Start();
        opened.Wait(TestContext.Current.CancellationToken);
        driver.Dispose();
        disposed.Set();
        thread.Join();
        Assert.IsType<ObjectDisposedException>(error);
    }

    [Fact(Explicit = true)]
    public void OutOfMemoryIsForThePoolToTell()
    {
        using var driver = NativeCudaDriver.Open(null);
        stand_in_set("cuMemAlloc_v2", 2);
        Assert.Equal(0, driver.Allocate(64));
        using var pool = new DeviceMemoryPool(driver, driver.DeviceName);
        Assert.Contains("out of memory on cuda in matrix product: asked 1.0 MiB, live 0.0 MiB, cached 0.0 MiB, free 3.0 MiB",
            Assert.Throws<DeviceOutOfMemoryException>(() => pool.Allocate(1 << 20, "matrix product")).Message);
    }

    [Fact(Explicit = true)]
    public void ALaunchGetsItsShapeAndItsArguments()
    {
        using (var driver = NativeCudaDriver.Open(null))
        {
            var stream = driver.CreateStream();
            var function = driver.GetFunction(driver.LoadModule(Source), "fill");
            Assert.Equal(101376 - 1376, stand_in_dynamic());
            var y = driver.Allocate(12);
            driver.Clear(y, 12, stream);
            using var launch = new KernelLaunch(driver, stream);
            launch.Begin(function).Array(new DeviceArray(y, 3, ElementType.Float32)).Value(2.5f).Value(3L)
                .Run(new Dim3(7, 6, 5), new Dim3(4, 3, 2), 1000);
            var back = stackalloc float[3];
            driver.CopyToHost(back, y, 12, stream);
            driver.Synchronize(stream);
            Assert.Equal([2.5f, 2.5f, 2.5f], new ReadOnlySpan<float>(back, 3));
            Assert.Equal([7, 6, 5, 4, 3, 2, 1000], Enumerable.Range(0, 7).Select(stand_in_launch));
            driver.Free(y);
            driver.DestroyStream(stream);
            Assert.Equal(1, Live("module"));
        }

        AssertNothingLives();
    }

    [Fact(Explicit = true)]
    public void ACapturedLaunchIsDoneWhenItsGraphIsLaunched()
    {
        using (var driver = NativeCudaDriver.Open(null))
        {
            var stream = driver.CreateStream();
            var function = driver.GetFunction(driver.LoadModule(Source), "fill");
            var y = driver.Allocate(4);
            driver.Clear(y, 4, stream);
            using var launch = new KernelLaunch(driver, stream);
            driver.BeginCapture(stream);
            launch.Begin(function).Array(new DeviceArray(y, 1, ElementType.Float32)).Value(1f).Value(1L).Run(1, 1);
            var graph = driver.EndCapture(stream);
            float back;
            driver.CopyToHost(&back, y, 4, stream);
            Assert.Equal(0, back);
            driver.LaunchGraph(graph, stream);
            driver.LaunchGraph(graph, stream);
            driver.CopyToHost(&back, y, 4, stream);
            Assert.Equal(2, back);
            Assert.Equal((0, 1), (Live("graph"), Live("executable")));
            driver.DestroyGraph(graph);
            driver.Free(y);
            driver.DestroyStream(stream);
        }

        AssertNothingLives();
    }

    [Fact(Explicit = true)]
    public void EventsAreRecordedWaitedForAndMeasured()
    {
        using (var driver = NativeCudaDriver.Open(null))
        {
            var stream = driver.CreateStream();
            var (start, end) = (driver.CreateEvent(), driver.CreateEvent());
            driver.RecordEvent(start, stream);
            driver.RecordEvent(end, stream);
            driver.WaitForEvent(end);
            Assert.Equal(1.25f, driver.ElapsedMilliseconds(start, end));
            driver.DestroyEvent(start);
            driver.DestroyEvent(end);
            driver.DestroyStream(stream);
        }

        AssertNothingLives();
    }

    [Fact(Explicit = true)]
    public void AKernelThatFaultedIsToldOnceAndEverythingCanStillBeDisposedOf()
    {
        using (var driver = NativeCudaDriver.Open(null))
        {
            var (stream, memory, host, handle) = (driver.CreateStream(), driver.Allocate(64), driver.AllocateHost(64),
                driver.CreateEvent());
            stand_in_set("fault", 700);
            var error = Assert.Throws<CudaException>(() => driver.Synchronize(stream));
            Assert.Equal("cuStreamSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered; a kernel that "
                + "was launched before has failed and the GPU's state is lost; cuda-sim names kernel and line", error.Message);
            Assert.Equal(DeviceProblem.Lost, error.Problem);
            driver.Free(memory);
            driver.FreeHost(host);
            driver.DestroyEvent(handle);
            driver.DestroyStream(stream);
        }

        stand_in_forget();
    }

    [Fact(Explicit = true)]
    public void ALaunchThatIsRefusedNamesKernelAndShape()
    {
        using var driver = NativeCudaDriver.Open(null);
        var stream = driver.CreateStream();
        var function = driver.GetFunction(driver.LoadModule(Source), "fill");
        stand_in_set("cuLaunchKernel", 701);
        using var launch = new KernelLaunch(driver, stream);
        var message = Assert.Throws<CudaException>(() =>
            launch.Begin(function).Array(DeviceArray.None).Value(1f).Value(0L).Run(2, 1024, 500)).Message;
        Assert.StartsWith("cuLaunchKernel of fill (grid 2x1x1, block 1024x1x1, 500 bytes of shared memory): "
            + "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES: ", message);
        driver.DestroyStream(stream);
    }

    [Fact(Explicit = true)]
    public void AKernelThatIsNotInItsFileIsNamed()
    {
        using var driver = NativeCudaDriver.Open(null);
        var module = driver.LoadModule(Source);
        var message = Assert.Throws<CudaException>(() => driver.GetFunction(module, "absent")).Message;
        Assert.Equal("cuModuleGetFunction of absent: CUDA_ERROR_NOT_FOUND: named symbol not found", message);
    }

    [Fact(Explicit = true)]
    public void AModuleThatTheDriverRefusesTellsBothVersions()
    {
        using var driver = NativeCudaDriver.Open(null);
        stand_in_set("cuModuleLoadData", 222);
        var message = Assert.Throws<CudaException>(() => driver.LoadModule(Source)).Message;
        Assert.StartsWith("cuModuleLoadData of doubling by NVRTC 13.7 for driver CUDA 12.4: CUDA_ERROR_UNSUPPORTED_PTX_VERSION: ", message);
        Assert.Contains("update the driver", message);
    }

    [Fact(Explicit = true)]
    public void ADriverTooOldIsToldWithItsVersion()
    {
        stand_in_set("version", 11020);
        AssertRefused("the CUDA driver is too old: it knows CUDA 11.2 and 11.4 is needed; ");
        Assert.Equal("CUDA 11.2", CudaInventory.Take().Parts[0].Version);
    }

    [Fact(Explicit = true)]
    public void AMachineWithoutAGPUIsTold()
    {
        stand_in_set("cuInit", 100);
        AssertRefused("the CUDA driver does not start: cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected; ");
        stand_in_clear("cuInit");
        stand_in_set("devices", 0);
        AssertRefused("the CUDA driver sees no GPU; ");
        Assert.Empty(CudaInventory.Take().Gpus);
    }

    [Fact(Explicit = true)]
    public void AGPUThatAnotherProcessHoldsIsTold()
    {
        stand_in_set("cuDevicePrimaryCtxRetain", 46);
        stand_in_set("mode", 3);
        AssertRefused("GPU 0 (Stand-in GPU) lets no other process in (cuDevicePrimaryCtxRetain: CUDA_ERROR_DEVICE_UNAVAILABLE: ");
        stand_in_set("cuDevicePrimaryCtxRetain", 2);
        stand_in_set("mode", 0);
        AssertRefused("GPU 0 (Stand-in GPU) cannot be used: cuDevicePrimaryCtxRetain: CUDA_ERROR_OUT_OF_MEMORY: out of memory; ");
    }

    [Fact(Explicit = true)]
    public void TheGPUCanBeChosen()
    {
        stand_in_set("devices", 2);
        Environment.SetEnvironmentVariable(NativeCudaDriver.DeviceVariable, "1");
        NativeCudaDriver.Open(null).Dispose();
        foreach (var wrong in (string[])["2", "-1", "first"])
        {
            Environment.SetEnvironmentVariable(NativeCudaDriver.DeviceVariable, wrong);
            AssertRefused($"{NativeCudaDriver.DeviceVariable} is {wrong} and must be a whole number from 0 to 1: there are 2 GPUs");
        }
    }

    [Fact(Explicit = true)]
    public void ABackendMovesNumbersAndLeavesNothingBehind()
    {
        var options = new DeviceSettings { MatrixProducts = KernelProvider.Handwritten, Convolutions = KernelProvider.Handwritten };
        using (var backend = new CudaBackend(NativeCudaDriver.Open(null), options))
        {
            var buffer = backend.Memory.Allocate(400, "test");
            var array = new DeviceArray(buffer.Address, 100, ElementType.Float32);
            var numbers = Enumerable.Range(0, 100).Select(i => (float)i).ToArray();
            var back = new float[100];
            backend.Upload<float>(numbers, array);
            backend.Download(array, back.AsSpan());
            Assert.Equal(numbers, back);
            backend.Memory.Release(buffer);
        }

        AssertNothingLives();
    }

    private static KernelSource Source => new("doubling", "", new Dictionary<string, string>());

    private static void AssertRefused(string beginning)
    {
        Assert.False(NativeCudaDriver.TryOpen(null, out _, out var why));
        Assert.StartsWith(beginning, why);
        Assert.DoesNotContain('\n', why);
    }

    private static void AssertNothingLives() =>
        Assert.All(
            ["memory", "host", "stream", "event", "module", "graph", "executable"],
            kind => Assert.True(Live(kind) == 0, $"{Live(kind)} of {kind} live on"));

    private static int Live(string kind) => stand_in_live(kind);

    // Found by the loader under this name in the process of these tests only.
    private const string Library = "libcuda.so.1";

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial void stand_in_set(string what, int value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial void stand_in_clear(string what);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int stand_in_live(string kind);

    [LibraryImport(Library)]
    private static partial int stand_in_launch(int which);

    [LibraryImport(Library)]
    private static partial int stand_in_dynamic();

    [LibraryImport(Library)]
    private static partial void stand_in_forget();
}
