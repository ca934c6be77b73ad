using System.Diagnostics;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// What the simulated driver does besides running kernels: graphs, memory, events; and what a launch costs and depends on.
/// </summary>
public sealed unsafe class SimulatedDriverTests
{
    private const string Text = """
        extern "C" __global__ void add(const float* x, float* y, float number, int64 count) {
            for (int64 i = first_index(); i < count; i += index_step())
                y[i] = y[i] + x[i] * number;
        }

        // Sums of 64 floats that wait for each other at every step.
        extern "C" __global__ void sums(const float* x, float* y) {
            SHARED(float, values, 64);
            const int t = threadIdx.x;
            values[t] = x[first_index()];
            for (int half = 32; half > 0; half /= 2) {
                __syncthreads();
                if (t < half)
                    values[t] += values[t + half];
            }
            if (t == 0)
                y[blockIdx.x] = values[0];
        }
        """;

    [Fact]
    public void ACapturedStreamIsReplayed()
    {
        using var bench = new SimulationBench(Text);
        DeviceArray x = bench.Upload(1f, 2, 3, 4), y = bench.Upload(10f, 20, 30, 40), copy = bench.Upload(0f, 0, 0, 0),
            zeros = bench.Upload(7f, 7);
        var (driver, stream) = (bench.Driver, bench.Stream);
        driver.BeginCapture(stream);
        bench.Kernel("add").Array(x).Array(y).Value(2f).Value(4L).Run(2, 32);
        bench.Kernel("add").Array(x).Array(y).Value(0.5f).Value(2L).Run(1, 32);
        driver.CopyOnDevice(copy.Address, y.Address, y.Bytes, stream);
        driver.Clear(zeros.Address, zeros.Bytes, stream);
        Assert.Contains("while a stream is captured", Assert.Throws<CudaException>(() => bench.Upload(1f)).Message);
        Assert.Throws<CudaException>(() => driver.Synchronize(stream));
        Assert.Throws<CudaException>(() => bench.Download<float>(y));
        var graph = driver.EndCapture(stream);

        // Written down, not done.
        Assert.Equal([10f, 20, 30, 40], bench.Download<float>(y));
        Assert.Equal([7f, 7], bench.Download<float>(zeros));

        // The same launch object is used for something else in between: the graph keeps values of its own.
        bench.Kernel("add").Array(copy).Array(copy).Value(100f).Value(0L).Run(1, 32);
        driver.LaunchGraph(graph, stream);
        Assert.Equal([12.5f, 25, 36, 48], bench.Download<float>(y));
        Assert.Equal([12.5f, 25, 36, 48], bench.Download<float>(copy));
        Assert.Equal([0f, 0], bench.Download<float>(zeros));
        driver.LaunchGraph(graph, stream);
        Assert.Equal([15f, 30, 42, 56], bench.Download<float>(copy));
        driver.DestroyGraph(graph);
        Assert.Throws<CudaException>(() => driver.EndCapture(stream));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AWarmLaunchMakesNothingOnTheHeap(int threads)
    {
        using var bench = new SimulationBench(Text, threads: threads);
        DeviceArray x = bench.Upload(new float[64 * 64]), y = bench.Array(64);
        var function = bench.Function("sums");
        Allocations.NoneBy(() =>
        {
            for (var i = 0; i < 20; i++)
                bench.Launch(function).Array(x).Array(y).Run(64, 64);
        });
    }

    [Theory]
    [InlineData(nameof(SimulatorBuild.Checked))]
    [InlineData(nameof(SimulatorBuild.Fast))]
    public void ResultsDoNotDependOnThreads(string buildName)
    {
        var build = Enum.Parse<SimulatorBuild>(buildName);
        var random = new CountedRandom(5);
        var values = Enumerable.Range(0, 300 * 64).Select(_ => (float)random.NextNormal()).ToArray();
        float[]? first = null;
        foreach (var threads in (int[])[1, 2, 3])
        {
            using var bench = new SimulationBench(Text, build, threads);
            var y = bench.Array(300);
            bench.Kernel("sums").Array(bench.Upload(values)).Array(y).Run(300, 64);
            var sums = bench.Download<float>(y);
            Assert.Equal(first ?? sums, sums);
            first = sums;
        }

        Assert.Equal(values.Sum(x => (double)x), first!.Sum(x => (double)x), 3);
    }

    [Fact]
    public void MemoryIsLimitedAndReused()
    {
        TestDevices.Require("cuda-sim");
        using var driver = new SimulatedDriver(1, 1 << 20);
        var pieces = new nint[4];
        for (var i = 0; i < 4; i++)
            pieces[i] = driver.Allocate(256 << 10);
        Assert.Equal(0, driver.FreeBytes);
        Assert.Equal(0, driver.Allocate(1));
        Assert.All(pieces, piece => Assert.Equal(0, piece % 256));

        // Neighbors that are free become one: half of the memory is there in one piece.
        driver.Free(pieces[2]);
        driver.Free(pieces[0]);
        Assert.Equal(0, driver.Allocate(512 << 10));
        driver.Free(pieces[1]);
        Assert.Equal(pieces[0], driver.Allocate(512 << 10));
        Assert.Equal(256 << 10, driver.FreeBytes);

        Assert.Throws<CudaException>(() => driver.CopyOnDevice(pieces[3], pieces[3] + (256 << 10) - 8, 16, 1));
        Assert.Contains("asked",
            Assert.Throws<DeviceOutOfMemoryException>(() => new DeviceMemoryPool(driver, "cuda-sim").Allocate(1 << 20, "test")).Message);
    }

    [Fact]
    public void EventsTellTime()
    {
        TestDevices.Require("cuda-sim");
        using var driver = new SimulatedDriver(1, 1 << 20);
        nint stream = driver.CreateStream(), start = driver.CreateEvent(), end = driver.CreateEvent();
        var beforeStart = Stopwatch.GetTimestamp();
        driver.RecordEvent(start, stream);
        var afterStart = Stopwatch.GetTimestamp();
        SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(afterStart).TotalMilliseconds > 2);
        var beforeEnd = Stopwatch.GetTimestamp();
        driver.RecordEvent(end, stream);
        driver.WaitForEvent(end);
        var (least, most) = (Stopwatch.GetElapsedTime(afterStart, beforeEnd), Stopwatch.GetElapsedTime(beforeStart));
        Assert.InRange(driver.ElapsedMilliseconds(start, end), least.TotalMilliseconds - 0.001, most.TotalMilliseconds + 0.001);
        driver.DestroyEvent(start);
        driver.DestroyEvent(end);
    }

    [Fact]
    public void OneModuleIsCompiledByTwoAtOnce()
    {
        TestDevices.Require("cuda-sim");

        // A text that no cache holds yet.
        var text = Text + $"// {Guid.NewGuid()}\n";
        var sums = new float[2];
        Parallel.For(0, 2, i =>
        {
            using var bench = new SimulationBench(text);
            var y = bench.Array(1);
            bench.Kernel("sums").Array(bench.Upload([.. Enumerable.Repeat(1f + i, 64)])).Array(y).Run(1, 64);
            sums[i] = bench.Download<float>(y)[0];
        });
        Assert.Equal([64f, 128], sums);
    }

    [Fact]
    public void AMissingCompilerIsNamedWithItsRemedy()
    {
        var message = Assert.Throws<DeviceException>(() => HostCompiler.Find("no-such-compiler -m64")).Message;
        Assert.Equal("the device cuda-sim compiles its kernels with a C++ compiler, and no-such-compiler -m64 cannot be run; "
            + "install one (Debian and Ubuntu: apt-get install g++) or set CXX", message);
    }

    [Fact]
    public void TheScanFindsKernelsAsTheyAreWritten()
    {
        const string Preprocessed = """
            extern "C" __global__ void __launch_bounds__((4 * (32)), 2) first(const float* __restrict__ x, strided_geometry g) { }
            extern "C" __global__ __launch_bounds__(tile<8, 4>::threads) void second() { } extern "C" __global__ void third(int n) { }
            template <int n> static __global__ void hidden(int m) { }
            """;
        var text = KernelScan.Generate("family", Preprocessed);
        Assert.Contains("first_parameters[] = {\"x\", \"g\", nullptr}", text);
        Assert.Contains("describe<first>(\"first\", first_parameters, \"const float* __restrict__ x;strided_geometry g\", ((4 * (32))))",
            text);
        Assert.Contains("describe<second>(\"second\", second_parameters, \"\", (tile<8, 4>::threads))", text);
        Assert.Contains("third_parameters[] = {\"n\", nullptr}", text);
        Assert.Contains("simulator_kernel_count = 3;", text);
    }
}
