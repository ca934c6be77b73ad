using System.Diagnostics;
using System.Text.Json;

namespace CrossModal.Tests.Cli;

/// <summary><c>inspect kernel</c>.</summary>
[Collection("cache")]
public sealed class InspectKernelTests
{
    [Fact]
    public void WithoutANameAllKernelsAreListed()
    {
        var list = Invocation.InProcess("inspect", "kernel");
        Assert.Equal(("", 0), (list.Error, list.ExitCode));
        Assert.Contains("movement.cu", list.Output, StringComparison.Ordinal);
        Assert.Contains("matrix_product_bf16_64x64_tt", list.Output, StringComparison.Ordinal);
        Assert.Matches(@"\d{3} kernels", list.Output);
    }

    [Fact]
    public void ATransposeIsShownLineByLine()
    {
        TestDevices.Require("cuda-sim");
        var shown = Invocation.InProcess("inspect", "kernel", "movement_transpose_4", "--block", "1,0,0", "--warp", "2");
        Assert.Equal(("", 0), (shown.Error, shown.ExitCode));
        Assert.Contains("45 × 1 × 1 blocks; this is 1,0,0", shown.Output, StringComparison.Ordinal);
        Assert.Contains("32 × 8 × 1 threads in 8 warps", shown.Output, StringComparison.Ordinal);

        // Line, access, bytes, accesses of warps, lanes, idle, asked, ideal, conflict.
        Assert.Matches(@"movement\.cuh:\d+\s+load tile\s+4\s+32\s+32\s+32 asked\s+32\s+1", shown.Output);
        Assert.Matches(@"movement\.cuh:\d+\s+store y\s+4\s+32\s+32\s+\d+\s+128\s", shown.Output);
        Assert.Matches(@"1\s+movement\.cuh:\d+\s+load tile\s+ffffffff", shown.Output);
    }

    [Fact]
    public void EverythingIsToBeHadAsJson()
    {
        TestDevices.Require("cuda-sim");
        var shown = Invocation.InProcess("inspect", "kernel", "softmax_log_1", "--json", "--events", "500");
        Assert.Equal(("", 0), (shown.Error, shown.ExitCode));
        var root = JsonDocument.Parse(shown.Output).RootElement;
        Assert.Equal("softmax_log_1", root.GetProperty("kernel").GetString());
        Assert.Equal([128, 1, 1], root.GetProperty("block").EnumerateArray().Select(extent => extent.GetInt32()));
        Assert.Equal(500, root.GetProperty("events").GetInt32());
        Assert.True(root.GetProperty("dropped").GetInt64() > 0);
        Assert.Equal(500, root.GetProperty("thread_events").GetArrayLength());
        var access = root.GetProperty("accesses")[0];
        Assert.Equal((0, "load", 32), (access.GetProperty("warp").GetInt32(), access.GetProperty("kind").GetString(),
            access.GetProperty("offsets").GetArrayLength()));
        Assert.Equal("x", root.GetProperty("arrays")[access.GetProperty("array").GetInt32()].GetProperty("name").GetString());
    }

    [Fact]
    public void WhatIsNotThereIsNamed()
    {
        Assert.StartsWith("error: there is no kernel 'softmax_log_3'; near it are softmax_log_1, softmax_log_2, ",
            Invocation.InProcess("inspect", "kernel", "softmax_log_3").Failure(), StringComparison.Ordinal);
        Assert.StartsWith("error: --launch 99: softmax_log_2 has 1 that",
            Invocation.InProcess("inspect", "kernel", "softmax_log_2", "--launch", "99").Failure(), StringComparison.Ordinal);
        Assert.Contains("--block 1,x", Invocation.InProcess("inspect", "kernel", "softmax_log_2", "--block", "1,x").WrongUsage(),
            StringComparison.Ordinal);
        TestDevices.Require("cuda-sim");
        Assert.Contains("has 3 × 1 × 1 blocks, and 3,0,0 is none of them",
            Invocation.InProcess("inspect", "kernel", "softmax_log_2", "--block", "3").Failure(), StringComparison.Ordinal);
        Assert.Contains("--warp 9: the block has 8",
            Invocation.InProcess("inspect", "kernel", "softmax_log_2", "--warp", "9").Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutACompilerTheRemedyIsNamed()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "crossmodal.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, "inspect", "kernel", "softmax_log_2"])
        {
            RedirectStandardError = true,
            Environment = { ["CXX"] = "no-such-compiler" },
        })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith("error: the device cuda-sim compiles its kernels with a C++ compiler, and no-such-compiler cannot be run; "
            + "install one", error, StringComparison.Ordinal);
    }
}
