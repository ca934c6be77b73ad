using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Profiling;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>Choosing among versions by the model of a card, where nothing can be measured.</summary>
public sealed class ModelTimerTests : IDisposable
{
    private const int Side = 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-model").FullName;
    private readonly List<(int Done, string Kernel)> _modelled = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A product that keeps the tensor cores busy goes to the warpgroups, where the card has them.</summary>
    [Theory]
    [InlineData("H200", "matrix_product_wgmma_")]
    [InlineData("A100", "matrix_product_bf16_")]
    public void TheVersionWithTheShortestModelledTimeIsTaken(string name, string expected)
    {
        TestDevices.Require("cuda-sim");
        var card = GpuCard.Find(name);
        var driver = new CountingDriver(card.Properties, threads: 1);
        var resources = new CompilerResources(card);
        var timer = new ModelTimer(driver, resources, card, (done, kernel) => _modelled.Add((done, kernel)));
        using var backend = Open(driver, timer);
        var geometry = new MatrixProductGeometry(1, Side, Side, Side, false, false);
        var (a, b, c) = Arrays(backend, Side * Side, Side * Side, Side * Side);
        backend.MatrixProduct(geometry, a, b, c);
        Assert.Equal(Enumerable.Range(1, _modelled.Count), _modelled.Select(one => one.Done));
        Assert.Equal(name == "H200", _modelled.Any(one => one.Kernel.Contains("_wgmma_", StringComparison.Ordinal)));

        var chosen = Capture(driver, () => backend.MatrixProduct(geometry, a, b, c));
        Assert.StartsWith(expected, chosen[0].Launch!.Kernel, StringComparison.Ordinal);
        var time = LaunchModel.Of(chosen, resources.Of, card).Sum(one => one.TotalMicroseconds);
        for (var version = 0; version < MatrixProductVersion.All.Count; version++)
        {
            if (!MatrixProductVersion.All[version].Competes || !backend.MatrixProductVersionServes(version, Precision.BFloat16))
                continue;
            var other = timer.Milliseconds(() =>
            {
                backend.HandwrittenMatrixProduct(geometry, a, b, c, version);
                return true;
            });
            Assert.InRange(time, 1, other * 1000 + 1e-6);
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    /// <summary>A tensor map holds an address; the launch is the same at another one.</summary>
    [Fact]
    public void LaunchesThatDifferInAddressesAreCountedOnce()
    {
        TestDevices.Require("cuda-sim");
        var card = GpuCard.Find("H200");
        var driver = new CountingDriver(card.Properties, threads: 1);
        using var backend = Open(driver, null);
        var nodes = Capture(driver, () =>
        {
            for (var i = 0; i < 2; i++)
                backend.WgmmaMatrixProduct(new(1, 256, 64, 192, false, true), Arrays(backend, 256 * 192, 64 * 192, 256 * 64), tile: 2,
                    slices: 1);
            backend.WgmmaMatrixProduct(new(1, 256, 64, 128, false, true), Arrays(backend, 256 * 128, 64 * 128, 256 * 64), tile: 2,
                slices: 1);
        });
        Assert.NotEqual(nodes[0].Ranges[0], nodes[1].Ranges[0]);
        Assert.Same(nodes[0].Launch, nodes[1].Launch);
        Assert.NotEqual(nodes[0].Launch!.TensorMultiplyAdds, nodes[2].Launch!.TensorMultiplyAdds);
    }

    [Fact]
    public void WhatIsDeclinedHasNoTimeAndACaptureIsNotDisturbed()
    {
        TestDevices.Require("cuda-sim");
        var card = GpuCard.Find("A100");
        using var driver = new CountingDriver(card.Properties, threads: 1);
        var timer = new ModelTimer(driver, new CompilerResources(card), card, (_, _) => { });
        var (stream, address) = (driver.CreateStream(), driver.Allocate(1 << 20));
        Capture(driver, () => driver.Clear(address, 100, stream));
        Assert.Equal(double.NaN, timer.Milliseconds(() => false));
        var time = timer.Milliseconds(() =>
        {
            driver.Clear(address, 1 << 20, stream);
            return true;
        });
        Assert.Equal(LaunchModel.OfCopy(1 << 20, card).TotalMicroseconds / 1000, time, 9);
        Assert.Equal(100, Assert.Single(driver.Nodes).DistinctBytes);
        Assert.Equal(0, driver.Seen);
    }

    /// <summary>
    /// Four multiprocessors' worth of tiles in two slices, which are summed by a second launch, and the same in one piece.
    /// </summary>
    [Fact]
    public void AProductOfFewSlicesIsTriedWholeToo()
    {
        var launched = new List<string>();
        var timer = new ListedTimer(launched);
        using var backend = Open(
            new LaunchListDriver(launch => launched.Add(launch.Kernel), properties: GpuCard.Find("H200").Properties), timer);
        var (a, b, c) = Arrays(backend, Side * Side, Side * Side, Side * Side);
        backend.MatrixProduct(new(1, Side, Side, Side, false, false), a, b, c);
        Assert.Contains(["matrix_product_wgmma_128x128_nn", "slices_sum_bf16"], timer.Launches);
        Assert.Contains(["matrix_product_wgmma_128x128_nn"], timer.Launches);
        Assert.Contains(["matrix_product_bf16_256x128_nn"], timer.Launches);
        Assert.DoesNotContain(timer.Launches, one => one.Count > 2);
    }

    private CudaBackend Open(ICudaDriver driver, IKernelTimer? timer) =>
        new(driver, new DeviceSettings { Precision = Precision.BFloat16 }, timer) { ChoiceFolder = _folder };

    private static ProductArrays Arrays(CudaBackend backend, int a, int b, int c)
    {
        DeviceArray Of(int count) => new(backend.Memory.Allocate(2L * count, "test").Address, count, ElementType.BFloat16);
        return new ProductArrays(Of(a), Of(b), Of(c));
    }

    private static IReadOnlyList<CountedNode> Capture(CountingDriver driver, Action work)
    {
        var stream = driver.CreateStream();
        driver.BeginCapture(stream);
        work();
        driver.EndCapture(stream);
        return [.. driver.Nodes];
    }

    /// <summary>Notes what each candidate launches; the time is the number of launches.</summary>
    private sealed class ListedTimer(List<string> launched) : IKernelTimer
    {
        public List<List<string>> Launches { get; } = [];

        public bool Measures => true;

        public bool OnDevice => false;

        public bool Capturing { get; set; }

        public double Milliseconds(Func<bool> launch)
        {
            launched.Clear();
            if (!launch())
                return double.NaN;
            Launches.Add([.. launched]);
            return launched.Count;
        }
    }
}
