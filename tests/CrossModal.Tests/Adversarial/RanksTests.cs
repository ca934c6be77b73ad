using System.Runtime.InteropServices;
using CrossModal.Adversarial;
using CrossModal.Kernels.Reference;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Adversarial;

/// <summary>Ranks with a part of each batch train what one process trains on all of it.</summary>
public class RanksTests
{
    private const int Batch = 8, Steps = 6;

    /// <summary>In float64, where another order of sums is seen in the last digits only.</summary>
    private const double Tolerance = 1e-9;

    private static readonly GanSettings Plain = TinyGan.Settings with { Batch = Batch, SyncBatchNorm = true };

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 4)]
    [InlineData(2, 4)]
    public void AnyNumberOfRanksTrainsTheSameWeights(int few, int many) =>
        AssertClose(StateAfter(few, Plain), StateAfter(many, Plain));

    /// <summary>Whatever a run may ask for: terms of pairs of samples, gradients of gradients, changed samples, heads.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryTermOfTheLossIsWhole(bool spectralNorm)
    {
        var all = Plain with
        {
            ModeSeeking = 1,
            R1 = 10,
            R1Every = 2,
            Augment = true,
            Auxiliary = 1,
            CodeHead = 1,
            RealTarget = 0.9,
            Vae = 1,
        };
        AssertClose(StateAfter(1, all, spectralNorm), StateAfter(2, all, spectralNorm));
    }

    [Fact]
    public void WithoutSynchronizedStatisticsEachRankNormalizesItsOwn()
    {
        var own = Plain with { SyncBatchNorm = false };
        Assert.NotInRange(Distance(StateAfter(1, own), StateAfter(2, own)), 0, 1e-6);
    }

    [Fact]
    public void EachRankHasTheSameWeightsAndScores()
    {
        var ranks = Train(2, Plain with { SyncBatchNorm = false });
        Assert.Equal(ranks[0].Scores, ranks[1].Scores);
        foreach (var (name, value) in ranks[0].State.Where(tensor => !tensor.Key.Contains("running_", StringComparison.Ordinal)))
            Assert.True(value.AsSpan().SequenceEqual(ranks[1].State[name]), $"{name} is not the same on both ranks");
    }

    [Fact]
    public void CmcganIsSharedOutLikewise()
    {
        var settings = TinyCmcgan.Settings with { Batch = 2 * TinyCmcgan.Batch, SyncBatchNorm = true, ModeSeeking = 1 };
        AssertClose(StateOf(1), StateOf(2));

        Dictionary<string, double[]> StateOf(int ranks) => Values(ThreadRanks.Run(ranks, () => new Device(new ReferenceBackend()), device =>
        {
            using var gan = TinyCmcgan.Create(device, settings: settings);
            for (var step = 0; step < Steps; step++)
            {
                var parts = Enumerable.Range(0, 2).Where(part => part % ranks == device.Ranks.Rank)
                    .Select(part => TinyCmcgan.BatchOf(2 * step + part)).ToArray();
                gan.SetBatch([.. parts.SelectMany(part => part.Image)], [.. parts.SelectMany(part => part.Sound)],
                    [.. parts.SelectMany(part => part.Wrong)], [.. parts.SelectMany(part => part.Labels)]);
                gan.Step();
            }

            return TinyCmcgan.StateOf(gan);
        })[0]);
    }

    [Fact]
    public void ABatchThatDoesNotDivideIsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => Train(3, Plain));
        Assert.Contains("3 ranks", error.Message);
    }

    private static Dictionary<string, double[]> StateAfter(int ranks, GanSettings settings, bool spectralNorm = false) =>
        Values(Train(ranks, settings, spectralNorm)[0].State);

    private static (Dictionary<string, byte[]> State, GanScores Scores)[] Train(int ranks, GanSettings settings,
        bool spectralNorm = false) =>
        ThreadRanks.Run(ranks, () => new Device(new ReferenceBackend()), device =>
        {
            var model = TinyGan.Model with
            {
                AuxiliaryClasses = settings.Auxiliary > 0 ? 3 : 0,
                CodeHead = settings.CodeHead > 0,
                SpectralNorm = spectralNorm,
            };
            using var gan = TinyGan.Create(device, settings: settings, model: model);
            int[] labels = [0, 1, 2, 0, 1, 1, 2, 0];
            var own = (device.Ranks.Rank * gan.Batch)..((device.Ranks.Rank + 1) * gan.Batch);
            for (var step = 0; step < Steps; step++)
            {
                var parts = new[] { TinyGan.BatchOf(2 * step), TinyGan.BatchOf(2 * step + 1) };
                var code = Own(parts.SelectMany(part => part.Code));
                gan.SetBatch(Own(parts.SelectMany(part => part.Real)), Own(parts.SelectMany(part => part.Wrong)), code, labels[own], code);
                gan.Step();
            }

            return (TinyGan.StateOf(gan), gan.ReadScores());

            float[] Own(IEnumerable<float> values)
            {
                var all = values.ToArray();
                var sample = all.Length / Batch;
                return all[(own.Start.Value * sample)..(own.End.Value * sample)];
            }
        });

    /// <summary>Weights, statistics and moments are float64 on the reference.</summary>
    private static Dictionary<string, double[]> Values(Dictionary<string, byte[]> state) =>
        state.ToDictionary(tensor => tensor.Key, tensor => MemoryMarshal.Cast<byte, double>(tensor.Value).ToArray());

    private static void AssertClose(Dictionary<string, double[]> expected, Dictionary<string, double[]> actual) =>
        Assert.InRange(Distance(expected, actual), 0, Tolerance);

    /// <summary>The largest distance of a tensor, relative to its norm.</summary>
    private static double Distance(Dictionary<string, double[]> expected, Dictionary<string, double[]> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        return expected.Max(tensor => WeightDistance.Relative<double>(tensor.Value, actual[tensor.Key]));
    }
}
