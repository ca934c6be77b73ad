using CrossModal.Kernels.Cuda;

namespace CrossModal.Tensors.Tests;

/// <summary>What the tests of <c>cuda-sim</c> need.</summary>
internal static class Simulator
{
    /// <summary>Skips the test where no C++ compiler is; where CROSSMODAL_REQUIRE names it, the test goes on and fails.</summary>
    public static void RequireCompiler()
    {
        if (Environment.GetEnvironmentVariable("CROSSMODAL_REQUIRE")?.Contains("compiler", StringComparison.Ordinal) != true)
            Assert.SkipUnless(CudaBackend.CompilerOfSimulator is not null,
                "cuda-sim compiles its kernels with a C++ compiler, and there is none here: apt-get install g++");
    }
}
