using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class ExponentialMovingAverageTests : ReferenceDevice
{
    [Fact]
    public void FollowsWeightsAndRunningStatisticsByItsDecay()
    {
        using var norm = new BatchNorm(Random, 1);
        using var average = new ExponentialMovingAverage(norm, 0.75);
        var expected = norm.State.Select(tensor => tensor.Tensor.Item()).ToArray();
        for (var step = 1; step < 6; step++)
        {
            foreach (var (tensor, i) in norm.State.Select((tensor, i) => (tensor, i)))
            {
                tensor.Tensor.Write([(double)(step * step + i)]);
                expected[i] = 0.75 * expected[i] + 0.25 * (step * step + i);
            }

            average.Update();
        }

        Close.Equal(expected, [.. average.State.Select(tensor => tensor.Tensor.Item())]);
        Assert.Equal(norm.State.Select(tensor => tensor.Name), average.State.Select(tensor => tensor.Name));
    }

    [Fact]
    public void ItsDecayGrowsToTheOneAskedFor()
    {
        using var norm = new BatchNorm(Random, 1);
        using var average = new ExponentialMovingAverage(norm, 0.995);
        Assert.Equal([0.1, 0.5, 0.995], new long[] { 1, 9, 100_000 }.Select(average.DecayAt), (expected, actual) =>
            Math.Abs(expected - actual) < 1e-12);
        norm.NamedParameters.First().Tensor.Write([5.0]);
        average.Update(0.1);
        Assert.Equal(0.1 * 1 + 0.9 * 5, average.State.First().Tensor.Item(), 1e-12);
    }

    [Fact]
    public void TheVectorsOfSpectralNormalizationAreCopiedNotAveraged()
    {
        using var scope = new Scope();
        using var linear = new Linear(Random, 3, 4, spectralNorm: true);
        using var average = new ExponentialMovingAverage(linear, 0.9);
        linear.Weight.CopyFrom(Draw(1, 4, 3));
        linear.Forward(Draw(2, 2, 3));
        average.Update();
        var buffers = linear.NamedBuffers.Select(buffer => buffer.Name).ToHashSet();
        foreach (var (own, shadow) in linear.State.Zip(average.State))
            Assert.Equal(buffers.Contains(own.Name) || own.Name == "bias", own.Tensor.ToDoubles().SequenceEqual(shadow.Tensor.ToDoubles()));
    }

    [Fact]
    public void AppliedSwapsTheShadowInAndOut()
    {
        using var linear = new Linear(Random, 3, 2);
        using var average = new ExponentialMovingAverage(linear, 0.5);
        var shadow = linear.Weight.ToDoubles();
        linear.Weight.Write([1.0, 2, 3, 4, 5, 6]);
        var live = Device.LiveBytes;
        using (average.Applied())
        {
            Assert.Equal(shadow, linear.Weight.ToDoubles());
            Assert.Throws<InvalidOperationException>(average.Update);
            Assert.Throws<InvalidOperationException>(() => average.Applied());
        }

        Assert.Equal([1.0, 2, 3, 4, 5, 6], linear.Weight.ToDoubles());
        Assert.Equal(shadow, average.State.First().Tensor.ToDoubles());
        Assert.Equal(live, Device.LiveBytes);
        using var other = new Linear(Random, 3, 2);
        average.CopyTo(other);
        Assert.Equal(shadow, other.Weight.ToDoubles());
    }
}
