using CrossModal.Kernels;

namespace CrossModal.Tensors.Tests;

public sealed class IndexingTests : IDisposable
{
    private readonly Device _device = Device.Open("reference");
    private readonly Scope _scope = new();
    private readonly Tensor _x;

    public IndexingTests() => _x = Tensor.From(_device, [2, 3, 4], Enumerable.Range(0, 24).Select(i => (double)i).ToArray());

    public void Dispose()
    {
        _scope.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void APositionDropsItsAxisAndARangeKeepsIt()
    {
        Is(_x[1], [3, 4], 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
        Is(_x[^1, 1], [4], 16, 17, 18, 19);
        Is(_x[0, 2, 3], [], 11);
        Is(_x[.., 1..2, ^1], [2, 1], 7, 19);
        Is(_x[1..], [1, 3, 4], 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
        Is(_x[.., .., ^2..], [2, 3, 2], 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23);
        Is(_x[.., 3..3], [2, 0, 4]);
        Assert.Equal(_x.ToDoubles(), _x[..].ToDoubles());
        Is(_x[.., 0, 1..3], [2, 2], 1, 2, 13, 14);
    }

    [Fact]
    public void GradientsGoWhereThePartCameFrom()
    {
        _x.RequiresGradient = true;
        var gradient = Tape.Gradients((_x[1, 1..3, ^1] * _x[0, ..2, 0]).Sum(), [_x])[0].ToDoubles();

        // x[1, 1, 3] · x[0, 0, 0] + x[1, 2, 3] · x[0, 1, 0]
        var expected = new double[24];
        (expected[19], expected[0], expected[23], expected[4]) = (0, 19, 4, 23);
        Assert.Equal(expected, gradient);
    }

    [Fact]
    public void WhatLiesOutsideIsNamed()
    {
        Assert.Contains("index 2 is outside axis 0 of [2, 3, 4]", Assert.Throws<ShapeException>(() => _x[2]).Message);
        Assert.Contains("index ^4 is outside axis 1", Assert.Throws<ShapeException>(() => _x[0, ^4]).Message);
        Assert.Contains("index ^0 is outside", Assert.Throws<ShapeException>(() => _x[^0]).Message);
        Assert.Contains("index 2..1 is outside axis 2", Assert.Throws<ShapeException>(() => _x[.., .., 2..1]).Message);
        Assert.Contains("index 0..5 is outside axis 2", Assert.Throws<ShapeException>(() => _x[.., .., ..5]).Message);
        Assert.Contains("^1", Assert.Throws<ShapeException>(() => _x[-1]).Message);
        Assert.Contains("4 indices and [2, 3, 4]", Assert.Throws<ShapeException>(() => _x[0, 0, 0, 0]).Message);
    }

    private static void Is(Tensor part, Shape shape, params double[] values)
    {
        Assert.Equal(shape, part.Shape);
        Assert.Equal(values, part.ToDoubles());
    }
}
