using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Kernels.Cpu;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Tests.Training;

public class WinogradTrainingTests
{
    private const int Steps = 20, Batch = 16;

    /// <summary>Of a tensor's norm; twenty steps of Adam divide small gradients by their own size.</summary>
    private const double Tolerance = 1e-3;

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void TrainsToTheWeightsOfTheDirectAlgorithm(int outputs)
    {
        var direct = WeightsAfterTraining(0);
        var fast = WeightsAfterTraining(outputs);
        Assert.Equal(direct.Keys.Order(), fast.Keys.Order());
        foreach (var (name, weights) in direct)
        {
            var (error, norm) = (0.0, 0.0);
            for (var i = 0; i < weights.Length; i++)
            {
                error += Math.Pow(fast[name][i] - weights[i], 2);
                norm += Math.Pow(weights[i], 2);
            }

            Assert.True(Math.Sqrt(error) <= Tolerance * Math.Sqrt(norm), $"{name}: {Math.Sqrt(error / norm):g3} of its norm apart");
        }

        Assert.NotEqual(direct["generator.deconv1.weight"], fast["generator.deconv1.weight"]);
    }

    private static Dictionary<string, float[]> WeightsAfterTraining(int outputs)
    {
        using var device = new Device(new CpuBackend(2) { WinogradOutputs = outputs });
        var model = TinyGan.Model with { Width = 16 };
        using var gan = new ConditionalGan(device, model, new GanSettings { Batch = Batch }, seed: 7);
        for (var step = 0; step < Steps; step++)
        {
            var parts = Enumerable.Range(0, Batch / TinyGan.Batch).Select(part => TinyGan.BatchOf(step * Batch + part)).ToArray();
            gan.SetBatch([.. parts.SelectMany(part => part.Real)], [.. parts.SelectMany(part => part.Wrong)], [.. parts.SelectMany(part => part.Code)]);
            gan.Step();
        }

        return TinyGan.StateOf(gan).Where(tensor => tensor.Key.EndsWith(".weight", StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Key, tensor => MemoryMarshal.Cast<byte, float>(tensor.Value).ToArray());
    }
}
