namespace CrossModal.Tensors.Tests;

/// <summary>Who owns a tensor, and when its memory goes back.</summary>
public sealed class ScopeTests : IDisposable
{
    private readonly Device _device = Device.Open("reference");

    public void Dispose() => _device.Dispose();

    [Fact]
    public void AScopeGivesBackWhatWasMadeInIt()
    {
        Tensor inside;
        using (new Scope())
        {
            inside = New();
            inside.Tanh().Reshape(2, 50).Slice(0, 1, 1);
            Assert.True(_device.LiveBytes > 0);
        }

        Assert.Equal(0, _device.LiveBytes);
        Assert.Contains("scope", Assert.Throws<ObjectDisposedException>(() => inside.ToArray()).Message);
    }

    [Fact]
    public void ScopesNest()
    {
        using (new Scope())
        {
            var outer = New();
            Tensor inner;
            using (new Scope())
                inner = New();
            Assert.Throws<ObjectDisposedException>(() => inner.ToArray());
            Assert.Equal(100, outer.ToDoubles().Length);
        }

        Assert.Equal(0, _device.LiveBytes);
    }

    [Fact]
    public void AKeptTensorLivesInTheScopeAround()
    {
        Tensor kept;
        using (new Scope())
        {
            using (var scope = new Scope())
            {
                kept = scope.Keep(New());
                New();
            }

            Assert.Equal(1, kept.ToDoubles()[0]);
        }

        Assert.Throws<ObjectDisposedException>(() => kept.ToArray());
        Assert.Equal(0, _device.LiveBytes);
    }

    [Fact]
    public void KeptFromTheOutermostScopeItLivesUntilDisposed()
    {
        Tensor kept;
        using (var scope = new Scope())
            kept = scope.Keep(New());
        Assert.Equal(1, kept.ToDoubles()[0]);
        kept.Dispose();
        kept.Dispose();
        Assert.Equal(0, _device.LiveBytes);
    }

    [Fact]
    public void AViewKeepsTheMemoryAlive()
    {
        var x = New();
        var view = x.Slice(0, 10, 5);
        x.Dispose();
        Assert.Equal([1, 1, 1, 1, 1], view.ToDoubles());
        Assert.True(_device.LiveBytes >= 800);
        view.Dispose();
        Assert.Equal(0, _device.LiveBytes);
    }

    [Fact]
    public void ScopesCloseInOrder()
    {
        var outer = new Scope();
        var early = New();
        var inner = new Scope();
        New();
        Assert.Contains("order", Assert.Throws<InvalidOperationException>(outer.Dispose).Message);
        Assert.Equal(1, early.ToDoubles()[0]);
        inner.Dispose();
        outer.Dispose();
        outer.Dispose();
        Assert.Equal(0, _device.LiveBytes);
        using var outside = New();
        using (new Scope())
            New();
        Assert.Equal(1, outside.ToDoubles()[0]);
    }

    [Fact]
    public void AnExceptionLeavesNothingBehind()
    {
        Assert.Throws<Kernels.ShapeException>(() =>
        {
            using var scope = new Scope();
            _ = New() + Tensor.Zeros(_device, new Shape(7));
        });
        Assert.Equal(0, _device.LiveBytes);
    }

    [Fact]
    public void ANaNIsCaughtWhereItIsMade()
    {
        using var scope = new Scope();
        _device.CheckFinite = true;
        var x = New() - 1;
        var error = Assert.Throws<NonFiniteException>(() => x.Log());
        Assert.Contains("log made -Infinity at element 0 of [100]", error.Message);
        _device.CheckFinite = false;
        Assert.Equal(double.NegativeInfinity, x.Log().ToDoubles()[0]);
    }

    private Tensor New() => Tensor.Full(_device, new Shape(100), 1);
}
