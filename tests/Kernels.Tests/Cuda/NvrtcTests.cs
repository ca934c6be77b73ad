using System.Collections.Concurrent;
using CrossModal.Kernels.Cuda;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// The kernels through the CUDA compiler, which needs no GPU. Skipped where there is no NVRTC, unless <c>CROSSMODAL_REQUIRE</c> names it.
/// </summary>
public sealed class NvrtcTests : IDisposable
{
    private static readonly Dictionary<string, string> Header = new()
    {
        ["kernel.cuh"] = "#pragma once\ninline __device__ float twice(float x) { return 2 * x; }\n",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-nvrtc").FullName;

    public NvrtcTests()
    {
        if (CudaLibrary.Nvrtc.Lookup.Problem is not { } problem)
            return;
        if ((Environment.GetEnvironmentVariable("CROSSMODAL_REQUIRE") ?? "").Contains("nvrtc", StringComparison.OrdinalIgnoreCase))
            Assert.Fail(problem);
        Assert.Skip(problem);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(75)]
    [InlineData(80)]
    [InlineData(90)]
    public void EveryFamilyCompilesWithoutAWord(int architecture)
    {
        // The big families take many seconds each, so what the cache has for just this text is believed: it keeps the compiler's words too.
        var compiler = new NvrtcCompiler(CacheRoot.Ensure("cuda"));
        var complaints = new ConcurrentBag<string>();
        Parallel.ForEach(KernelSource.Families, family =>
        {
            try
            {
                var compiled = compiler.Compile(KernelSource.Of(family), architecture / 10, architecture % 10);
                Assert.Equal("\u007fELF", System.Text.Encoding.Latin1.GetString(compiled.Image, 0, 4));
                if (compiled.Log.Length > 0)
                    complaints.Add($"{family}: {compiled.Log}");
            }
            catch (CudaException error)
            {
                complaints.Add(error.Message);
            }
        });
        Assert.True(complaints.IsEmpty, string.Join('\n', complaints.Order()));
    }

    /// <summary>What needs sm_90a is compiled for it, and is nothing elsewhere.</summary>
    [Theory]
    [InlineData("matrix_product_wgmma", "matrix_product_wgmma_128x256_nt")]
    [InlineData("convolution_wgmma", "convolution_input_gradient_wgmma_128x128")]
    public void KernelsForWarpgroupsAreCompiledForHopperAlone(string family, string kernel)
    {
        var compiler = new NvrtcCompiler(CacheRoot.Ensure("cuda"));
        var source = KernelSource.Of(family);
        Assert.True(source.IsForHopper);
        Assert.Contains(kernel, Text(compiler.Compile(source, 9, 0)), StringComparison.Ordinal);
        Assert.DoesNotContain(kernel, Text(compiler.Compile(source, 8, 0)), StringComparison.Ordinal);

        static string Text(CompiledKernels compiled) => System.Text.Encoding.Latin1.GetString(compiled.Image);
    }

    [Fact]
    public void ANewerGPUGetsPTXForTheNewestArchitectureKnown()
    {
        var compiler = new NvrtcCompiler(null);
        var compiled = compiler.Compile(Doubling(), 99, 9);
        Assert.Equal(0, compiled.Image[^1]);
        Assert.Contains($".target sm_{compiler.Architectures.Newest}", System.Text.Encoding.UTF8.GetString(compiled.Image));
    }

    [Fact]
    public void AGPUOlderThanTheCompilerKnowsIsRefusedInOneLine()
    {
        var error = Assert.Throws<CudaException>(() => new NvrtcCompiler(null).Compile(Doubling(), 1, 3));
        Assert.Contains("the GPU has 1.3", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void AnErrorIsOneLineWithFileAndLine()
    {
        const string text = "#include \"kernel.cuh\"\n\nextern \"C\" __global__ void f(float* x) { *x = undefined_name; int unused; }\n";
        var error = Assert.Throws<CudaException>(() => Compile(text));
        Assert.StartsWith("kernels/doubling.cu:3: identifier \"undefined_name\" is undefined (NVRTC ", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void AnErrorInAHeaderNamesTheHeader()
    {
        var broken = new Dictionary<string, string> { ["kernel.cuh"] = "#pragma once\nthis is no declaration;\n" };
        var error = Assert.Throws<CudaException>(() => Compile("#include \"kernel.cuh\"\n", broken));
        Assert.StartsWith("kernels/kernel.cuh:2: ", error.Message);
    }

    [Fact]
    public void AMissingHeaderIsTold()
    {
        var error = Assert.Throws<CudaException>(() => Compile("#include <cuda_fp16_absent.h>\n"));
        Assert.StartsWith("kernels/doubling.cu:1: ", error.Message);
        Assert.Contains("cuda_fp16_absent.h", error.Message);
    }

    [Fact]
    public void AWarningIsKeptForTheTestsToSeeInTheCacheToo()
    {
        var source = new KernelSource("doubling", "extern \"C\" __global__ void f(float* x) { int unused = 3; *x = 1; }\n", Header);
        var compiler = new NvrtcCompiler(_folder);
        var compiled = compiler.Compile(source, 8, 0);
        Assert.Contains("unused", compiled.Log);
        var again = compiler.Compile(source, 8, 0);
        Assert.Equal((true, compiled.Log), (again.FromCache, again.Log));
        Assert.Equal(compiled.Image, again.Image);
    }

    [Fact]
    public void WhatWasCompiledIsFoundAgain()
    {
        var first = new NvrtcCompiler(_folder).Compile(Doubling(), 8, 0);
        var second = new NvrtcCompiler(_folder).Compile(Doubling(), 8, 0);
        Assert.Equal((false, true), (first.FromCache, second.FromCache));
        Assert.Equal(first.Image, second.Image);
    }

    [Fact]
    public void AnotherArchitectureOrAnotherTextIsCompiled()
    {
        var compiler = new NvrtcCompiler(_folder);
        compiler.Compile(Doubling(), 8, 0);
        Assert.False(compiler.Compile(Doubling(), 9, 0).FromCache);
        Assert.False(compiler.Compile(new KernelSource("doubling", Doubling().Text + "// changed\n", Header), 8, 0).FromCache);
        var other = new Dictionary<string, string> { ["kernel.cuh"] = Header["kernel.cuh"] + "// changed\n" };
        Assert.False(compiler.Compile(new KernelSource("doubling", Doubling().Text, other), 8, 0).FromCache);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(1000)]
    public void ADamagedFileIsCompiledAgain(int length)
    {
        var compiler = new NvrtcCompiler(_folder);
        var whole = compiler.Compile(Doubling(), 8, 0).Image;
        var file = Assert.Single(Directory.GetFiles(_folder));
        using (var stream = File.OpenWrite(file))
            stream.SetLength(length);
        Assert.False(compiler.Compile(Doubling(), 8, 0).FromCache);
        var content = File.ReadAllBytes(file);
        content[^1] ^= 1;
        File.WriteAllBytes(file, content);
        var again = compiler.Compile(Doubling(), 8, 0);
        Assert.False(again.FromCache);
        Assert.Equal(whole, again.Image);
        Assert.True(compiler.Compile(Doubling(), 8, 0).FromCache);
    }

    [Fact]
    public void ACacheThatCannotBeWrittenCostsTimeAndNothingElse()
    {
        var file = Path.Combine(_folder, "a-file");
        File.WriteAllText(file, "");
        var compiler = new NvrtcCompiler(Path.Combine(file, "no-folder"));
        Assert.False(compiler.Compile(Doubling(), 8, 0).FromCache);
        Assert.False(compiler.Compile(Doubling(), 8, 0).FromCache);
    }

    [Fact]
    public void AKernelOfTheUsersMayIncludeTheHeadersAndIsCalledByItsOwnFile()
    {
        const string text = "#include \"block.cuh\"\nextern \"C\" __global__ void sum(float* x, int64 count) {\n"
            + "    x[0] = block_reduce<sum_operation>(x[count]);\n}\n";
        static KernelSource Source(string text) => KernelSource.Of(new KernelCode("my folder/my sum.cu", text, "sum"));
        var compiler = new NvrtcCompiler(null);
        Assert.Empty(compiler.Compile(Source(text), 8, 0).Log);
        var error = Assert.Throws<CudaException>(() => compiler.Compile(Source(text.Replace("block_reduce", "reduce")), 8, 0));
        Assert.StartsWith("my folder/my sum.cu:3: ", error.Message);
    }

    private static KernelSource Doubling() =>
        new("doubling", "#include \"kernel.cuh\"\nextern \"C\" __global__ void f(float* x) { *x = twice(*x); }\n", Header);

    private static CompiledKernels Compile(string text, Dictionary<string, string>? headers = null) =>
        new NvrtcCompiler(null).Compile(new KernelSource("doubling", text, headers ?? Header), 8, 0);
}
