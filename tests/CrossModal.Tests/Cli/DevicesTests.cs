using CrossModal.Cli;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;

namespace CrossModal.Tests.Cli;

/// <summary>What <c>devices</c> tells of CUDA, on machines that are not here.</summary>
public class DevicesTests
{
    private static readonly GpuProperties Gpu = new("NVIDIA H200", 9, 0, 132, 232448, 150L << 30, 1_980_000, 13000);

    private static readonly CudaPart Driver = new("driver", "CUDA 13.0", "/usr/lib/libcuda.so.1", null),
        Nvrtc = new("NVRTC", "13.0", "/opt/nvrtc/libnvrtc.so.13", null),
        Cublas = new("cuBLAS", "13.1.0", "/opt/cublas/libcublas.so.13", null),
            Cudnn = new("cuDNN", null, null, "cuDNN was not found: install it");

    [Fact]
    public void AGpuWithAllItNeedsIsWhatAutoTakes()
    {
        var output = Show(new CudaInventory([Gpu], [Driver, Nvrtc, Cublas, Cudnn]), "g++ 12");
        Assert.Matches(@"(?m)^\s+GPU\s+NVIDIA H200, compute capability 9\.0, 132 multiprocessors of up to 1980 MHz, 150\.0 GiB", output);
        Assert.Matches(@"(?m)^\s+cuBLAS\s+13\.1\.0\s+/opt/cublas/libcublas\.so\.13", output);
        Assert.Matches(@"(?m)^\s+cuDNN\s+missing", output);
        Assert.Matches(@"(?m)^\s+auto\s+the fastest that is here: cuda", output);
        Assert.Matches(@"(?m)^\s+cuda\s+NVIDIA H200; products by the kernels of this program or of cuBLAS, in", output);
        Assert.Contains("cuDNN: cuDNN was not found: install it", output);
        Assert.Matches(@"(?m)^\s+C\+\+ compiler\s+g\+\+ 12", output);
    }

    [Fact]
    public void WithoutADriverNothingElseIsAskedFor()
    {
        var absent = new CudaPart("driver", null, null, "the CUDA driver was not found: install it");
        var output =
            Show(new CudaInventory([],
            [absent, Nvrtc with { Version = null, Path = null, Problem = "NVRTC was not found" }, Cublas, Cudnn]), null);
        Assert.Contains("driver: the CUDA driver was not found: install it", output);
        Assert.DoesNotContain("NVRTC was not found", output);
        Assert.Matches(@"(?m)^\s+auto\s+the fastest that is here: cpu", output);
        Assert.Matches(@"(?m)^\s+cuda\s+not on this machine", output);
        Assert.Matches(@"(?m)^\s+cuda-sim\s+not on this machine: no C\+\+ compiler", output);
        Assert.Contains("install one, or name one in CXX", output);
    }

    [Fact]
    public void WhatIsThereButDoesNotServeIsNoReasonToTakeTheGpu()
    {
        var output = Show(
            new CudaInventory([Gpu], [Driver, Nvrtc with { Version = null, Problem = "NVRTC 11.0 is too old" }, Cublas, Cudnn]), "g++ 12");
        Assert.Matches(@"(?m)^\s+NVRTC\s+of no use\s+/opt/nvrtc", output);
        Assert.Matches(@"(?m)^\s+auto\s+the fastest that is here: cpu", output);
        Assert.Contains("NVRTC: NVRTC 11.0 is too old", output);
    }

    [Fact]
    public void ADriverWithoutAGpuSaysWhereToLook() =>
        Assert.Contains("shows no GPU", Show(new CudaInventory([], [Driver, Nvrtc, Cublas, Cudnn]), "g++ 12"));

    [Fact]
    public void TheCommandShowsThePartsOfThisMachine()
    {
        var devices = Invocation.InProcess("devices");
        Assert.Equal(0, devices.ExitCode);
        Assert.Empty(devices.Error);
        foreach (var part in new[] { "driver", "NVRTC", "cuBLAS", "cuDNN" })
            Assert.Matches($@"(?m)^\s+{part}\s", devices.Output);
    }

    private static string Show(CudaInventory inventory, string? compiler)
    {
        var output = new StringWriter();
        using var terminal = new Terminal(output, TextWriter.Null);
        DevicesCommand.Show(terminal, inventory, compiler);
        return output.ToString();
    }
}
