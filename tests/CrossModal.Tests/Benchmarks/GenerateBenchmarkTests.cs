using System.Text.Json.Nodes;
using CrossModal.Benchmarks;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Tests.Benchmarks;

public class GenerateBenchmarkTests
{
    [Theory]
    [InlineData("s2i")]
    [InlineData("i2s")]
    public void TimesTheGeneratorOfEachDirection(string model)
    {
        var result = GenerateBenchmark.Run(model, new DeviceSettings("cpu", 1), batch: 2, calls: 3, new SilentReporter());
        Assert.True(result.MedianMs >= result.MinMs && result.MinMs > 0);
        Assert.Equal(2 * 1000 / result.MedianMs, result.ImagesPerSecond, 1e-9 * result.ImagesPerSecond);
        var json = JsonNode.Parse(result.ToJson())!;
        Assert.Equal((model, 2, 1), ((string)json["model"]!, (int)json["batch"]!, (int)json["threads"]!));
    }

    [Fact]
    public void AnotherModelIsRefused() =>
        Assert.Equal("cmcgan: only s2i and i2s can be timed",
            Assert.ThrowsAny<BadInputException>(() =>
                GenerateBenchmark.Run("cmcgan", new DeviceSettings("cpu", 1), 1, 1, new SilentReporter())).Message);
}
