using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// Statistics that a convolution says of what it writes are those of the very numbers that it wrote, whichever tile computes them.
/// </summary>
public sealed class ConvolutionStatisticsTests : IDisposable
{
    private const double Momentum = 0.1, Correction = 1.25;

    private readonly CudaBackend _backend = new(new SimulatedDriver(2), new DeviceSettings { Precision = Precision.BFloat16 });
    private readonly CountedRandom _random = new(7);

    public void Dispose() => _backend.Dispose();

    private static readonly ConvolutionForm[] Forms = [ConvolutionForm.Value, ConvolutionForm.InputGradient];

    public static TheoryData<int> Tiles => [.. Enumerable.Range(0, ConvolutionTiles.BFloat16.Tiles.Length)];

    public static TheoryData<int> WarpgroupTiles => [.. Enumerable.Range(0, WgmmaTile.All.Count)];

    /// <summary>Sums in two slices are joined by the last block of a tile, which then says the statistics.</summary>
    [Theory]
    [MemberData(nameof(Tiles))]
    public void OfEveryTile(int tile)
    {
        foreach (var form in Forms)
        {
            for (var slices = 1; slices <= 2; slices++)
                Check(form, groups: 2, Batch(form), channels: 72, true, (g, arrays) =>
                    _backend.HandwrittenConvolution(form, g, arrays, CudaBackend.BFloat16Convolution, tile, slices));
        }
    }

    [Theory]
    [MemberData(nameof(WarpgroupTiles))]
    public void OfEveryTileForWarpgroups(int tile)
    {
        foreach (var form in Forms)
            Check(form, groups: 2, Batch(form), channels: 264, true, (g, arrays) =>
                _backend.WgmmaConvolution(form, g, arrays, tile, slices: 1));
    }

    /// <summary>Whose groups have two tiles of 128 rows or more; each of an input gradient is of one of four phases.</summary>
    private static int Batch(ConvolutionForm form) => form == ConvolutionForm.Value ? 8 : 16;

    /// <summary>Forty tiles a group are joined in runs; three groups share the running statistics.</summary>
    [Fact]
    public void OfManyTiles()
    {
        foreach (var form in Forms)
            Check(form, groups: 3, batch: 120, channels: 8, true, (g, arrays) =>
                _backend.HandwrittenConvolution(form, g, arrays, CudaBackend.BFloat16Convolution, tile: 2, slices: 1), others: 8);
    }

    /// <summary>Half a tile a group, slices for a launch of their own, another kernel: a pass of its own then.</summary>
    [Fact]
    public void WhatNoTileCanSayIsComputedBehind()
    {
        const ConvolutionForm form = ConvolutionForm.Value;
        Check(form, groups: 2, batch: 2, channels: 72, false, (g, arrays) =>
            _backend.HandwrittenConvolution(form, g, arrays, CudaBackend.BFloat16Convolution, tile: 0, slices: 1));
        Check(form, groups: 2, batch: 8, channels: 136, false, (g, arrays) =>
            _backend.HandwrittenConvolution(form, g, arrays, CudaBackend.BFloat16Convolution, tile: 0, slices: 10));
        Check(form, groups: 2, batch: 8, channels: 72, false, (g, arrays) =>
            _backend.WgmmaConvolution(form, g, arrays, tile: 1, slices: 2));
    }

    /// <summary>A picture's sides are four, of a result of eight by eight from four by four or the other way round.</summary>
    private void Check(ConvolutionForm form, int groups, int batch, int channels, bool says,
        Action<ConvolutionGeometry, ProductArrays> convolve, int others = 40)
    {
        var side = form == ConvolutionForm.Value ? 16 : 8;
        var g = new ConvolutionGeometry(batch, new(side, 4, 2, 1), new(side, 4, 2, 1), form == ConvolutionForm.Value ? others : channels,
            form == ConvolutionForm.Value ? channels : others);
        var rows = batch / groups * 64;
        var arrays = new ProductArrays(Narrow(form == ConvolutionForm.Value ? g.InputCount : g.OutputCount, 1),
            Narrow(g.WeightCount, 0.05f), Narrow((long)batch * 64 * channels, 0));
        var (mean, variance) = (Floats(groups * channels), Floats(groups * channels));
        var (runningMean, runningVariance) = (Floats(channels), Floats(channels));
        _backend.Fill(runningMean, 2);
        _backend.Fill(runningVariance, 3);
        var asked = new ResultStatistics(new(groups, rows, channels, 0), Momentum, Correction,
            new(mean, variance, runningMean, runningVariance));

        // Twice, because the counters must be zero again.
        for (var time = 0; time < 2; time++)
            Assert.Equal(says, _backend.ConvolveForStatistics(g, arrays.Result, asked, () => convolve(g, arrays)));

        var y = new BFloat16[arrays.Result.Count];
        _backend.Download<BFloat16>(arrays.Result, y);
        var (means, variances, movedMeans, movedVariances) = (Read(mean), Read(variance), Read(runningMean), Read(runningVariance));
        for (var channel = 0; channel < channels; channel++)
        {
            var (averageMean, averageVariance) = (0.0, 0.0);
            for (var group = 0; group < groups; group++)
            {
                var values = Enumerable.Range(group * rows, rows).Select(row => (double)(float)y[(row * channels) + channel]).ToArray();
                var average = values.Average();
                var squares = values.Average(value => (value - average) * (value - average));
                Assert.True(squares > 0.01, $"channel {channel} has variance {squares}: a test of nothing");
                AssertNear(average, means[(group * channels) + channel], Math.Sqrt(squares));
                AssertNear(squares, variances[(group * channels) + channel], squares);
                averageMean += average / groups;
                averageVariance += squares * Correction / groups;
            }

            AssertNear(averageMean + ((2 - averageMean) * 0.9 * 0.9), movedMeans[channel], 1);
            AssertNear(averageVariance + ((3 - averageVariance) * 0.9 * 0.9), movedVariances[channel], 1);
        }
    }

    private static void AssertNear(double expected, float actual, double size) =>
        Assert.True(Math.Abs(expected - actual) <= 4e-6 * (size + Math.Abs(expected)), $"{actual} for {expected}");

    /// <summary>Numbers with a mean of a third of their deviation, so that channels have means worth a look.</summary>
    private DeviceArray Narrow(long count, float scale)
    {
        var array = new DeviceArray(_backend.Memory.Allocate(count * sizeof(short), "test").Address, count, ElementType.BFloat16);
        var values = new BFloat16[count];
        for (var i = 0; i < count; i++)
            values[i] = BFloat16.Round(scale * (0.3f + _random.NextNormal()));
        _backend.Upload<BFloat16>(values, array);
        return array;
    }

    private DeviceArray Floats(long count) =>
        new(_backend.Memory.Allocate(count * sizeof(float), "test").Address, count, ElementType.Float32);

    private float[] Read(DeviceArray array)
    {
        var values = new float[array.Count];
        _backend.Download<float>(array, values);
        return values;
    }
}
