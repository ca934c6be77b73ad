using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class DropoutTests : ReferenceDevice
{
    [Fact]
    public void KeepsTheShareThatWasAskedScaledAndAnotherOneEachPass()
    {
        using var scope = new Scope();
        using var dropout = new Dropout(Random, keep: 0.8);
        var ones = Tensor.Full(Device, new Shape(100, 100), 1);
        var first = dropout.Forward(ones).ToDoubles();
        Assert.All(first, value => Assert.True(value == 0 || Math.Abs(value - 1.25) < 1e-12));

        // Four standard errors of a share: 4·√(0.8·0.2/10000).
        Assert.InRange(first.Count(value => value != 0) / 10_000.0, 0.784, 0.816);
        Assert.NotEqual(first, dropout.Forward(ones).ToDoubles());
    }

    [Fact]
    public void DoesNothingOutsideTrainingOrWhenAllIsKept()
    {
        using var scope = new Scope();
        var x = Draw(1, 3, 4);
        using var dropout = new Dropout(Random, keep: 0.5) { Training = false };
        using var all = new Dropout(Random, keep: 1);
        Assert.Same(x, dropout.Forward(x));
        Assert.Same(x, all.Forward(x));
        Assert.Equal(0, Random.Position);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dropout(Random, 0));
    }

    [Fact]
    public void TheGradientPassesWhereTheElementDid()
    {
        using var scope = new Scope();
        using var dropout = new Dropout(Random, keep: 0.5);
        var x = Draw(1, 3, 4);
        GradientCheck.Verify(
            () =>
            {
                Random.Position = 0;
                return dropout.Forward(x);
            }, x);
    }
}
