using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Tests;

public class CpuFeaturesTests
{
    [Fact]
    public void TheDescriptionNamesTheMachine()
    {
        Assert.NotEmpty(CpuFeatures.Name);
        Assert.Equal(Environment.ProcessorCount, CpuFeatures.Cores);
        Assert.Equal(Avx512F.IsSupported, CpuFeatures.VectorBits == 512);
        Assert.True(CpuFeatures.MemoryBytes > 1 << 20);
        Assert.Contains(CpuFeatures.Name, CpuFeatures.Description);
        Assert.DoesNotContain('\n', CpuFeatures.Description);
    }
}
