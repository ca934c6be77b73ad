using CrossModal.Kernels;

namespace CrossModal.Tensors.Tests;

/// <summary>What does not fit is named: op, shapes, axis.</summary>
public sealed class ShapeTests : IDisposable
{
    private readonly Device _device = Device.Open("reference");
    private readonly Scope _scope = new();

    public void Dispose()
    {
        _scope.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Shapes()
    {
        var shape = new Shape(2, 3, 4);
        Assert.Equal(24, shape.Count);
        Assert.Equal(4, shape[-1]);
        Assert.Equal([12, 4, 1], shape.Strides());
        Assert.Equal(new Shape(2, 7, 4), shape.With(-2, 7));
        Assert.Equal("[2, 3, 4]", shape.ToString());
        Assert.Equal(1, default(Shape).Count);
        Assert.Equal(new Shape(), default);
        Assert.Equal(new Shape().GetHashCode(), default(Shape).GetHashCode());
        Assert.NotEqual(new Shape(2), new Shape(2, 1));
        Assert.Contains("axis 3 of shape [2, 3, 4]", Assert.Throws<ShapeException>(() => shape.Axis(3)).Message);
        Assert.Throws<ShapeException>(() => shape.Axis(-4));
        Assert.Throws<ShapeException>(() => new Shape(2, -1));
    }

    [Fact]
    public void ACollectionExpressionIsAShape()
    {
        Shape shape = [2, .. new Shape(3, 4)];
        Assert.Equal(new Shape(2, 3, 4), shape);
        Assert.True(shape == [2, 3, 4]);
        Assert.Equal([2, 3, 4], shape.Extents);
        Assert.Equal(0, ((Shape)[]).Rank);
        Assert.Equal([3, 2], Tensor.Zeros(_device, [6]).Reshape([-1, 2]).Shape);
        Assert.Equal([3, 2], Tensor.Zeros(_device, [6]).Reshape(3, -1).Shape);
    }

    [Fact]
    public void AShapeCannotHaveMoreElementsThanCanBeCounted()
    {
        const int Most = int.MaxValue;
        Assert.Equal((long)Most * Most, new Shape(Most, Most).Count);
        Assert.Equal(0, new Shape(Most, Most, Most, Most, Most, 0).Count);
        Assert.Contains("[2147483647, 2147483647, 3]", Assert.Throws<ShapeException>(() => new Shape(Most, Most, 3)).Message);
        Assert.Throws<ShapeException>(() => new Shape(Most, Most, Most, Most, Most, Most));
        Fails(() => New(2, 3).Slice(1, 2, Most), "slice", "axis 1");
    }

    /// <summary>
    /// Where extents are added or multiplied, or counted in bytes, what no int or long holds is refused and not wrapped around.
    /// </summary>
    [Fact]
    public void ExtentsThatAreComputedDoNotWrapAround()
    {
        const int Most = int.MaxValue;
        Fails(() => New(Most, Most), "[2147483647, 2147483647]", "bytes");
        Fails(() => New(2, 0).Reshape(-1, 1 << 16, 1 << 16, 1 << 16, 1 << 16), "elements");
        Fails(() => Tensor.Concatenate(1, New(0, Most), New(0, Most)), "concatenate", "4294967294");
        Fails(() => New(0, Most, Most).Sum([1, 2]), "Sum", "4611686014132420609");
        Fails(() => New(1, 5, 5, 3).Convolution(New(4, 3, 3, 3), new(Dilation: 1 << 30)), "spans 2147483649");
        Fails(() => New(1, 5, 5, 3).Convolution(New(4, 3, 3, 3), new(Padding: Most)), "convolution", "4294967297");
        Fails(() => New(1, 5, 5, 3).ConvolutionTransposed(New(3, 3, 3, 2), new(Stride: Most)), "transposed convolution", "8589934591");
        Fails(() => New(0, Most, Most, 1).MaxPool(2, 2), "pooling", "an image");
        Fails(() => New(0, 2, Most, 3).Shift(New(0, 2)), "shift", "a row of pixels");
    }

    [Fact]
    public void BroadcastingNamesOpShapesAndAxis()
    {
        Fails(() => New(2, 3) + New(2, 4), "Add", "[2, 3]", "[2, 4]", "axis −1 has 3 and 4");
        Fails(() => New(5, 3) * New(4, 1), "Multiply", "[5, 3]", "[4, 1]", "axis −2 has 5 and 4");
        Fails(() => New(3).Maximum(New(2, 4)), "[3]", "[2, 4]", "axis −1 has 3 and 4");
        Fails(() => New(2, 3).BroadcastTo(new Shape(3)), "broadcast", "[2, 3]", "[3]");
        Fails(() => New(2, 3).BroadcastTo(new Shape(2, 4)), "broadcast", "axis −1 has 3 and 4");
        Fails(() => New(2) + Tensor.From(_device, new Shape(2), [1, 2]), "Int32");
    }

    [Fact]
    public void MovementNamesWhatDoesNotFit()
    {
        Fails(() => New(2, 3).Reshape(4, 2), "reshape", "[2, 3] has 6", "[4, 2] has 8");
        Fails(() => New(2, 3).Reshape(4, -1), "reshape", "[2, 3]");
        Fails(() => New(2, 3).Permute(0, 0), "permute", "[0, 0]", "[2, 3]");
        Fails(() => New(2, 3).Permute(0), "permute", "[2, 3]");
        Fails(() => New(2, 3).Permute(0, 2), "axis 2", "[2, 3]");
        Fails(() => New(3).Transpose(), "transpose", "[3]");
        Fails(() => New(2, 3).Slice(1, 2, 2), "slice", "[2, 4)", "axis 1", "[2, 3]");
        Fails(() => New(2, 3).Slice(2, 0, 1), "axis 2", "[2, 3]");
        Fails(() => New(2, 3).Embed(1, 1, 3), "embed", "[2, 3]");
        Fails(() => Tensor.Concatenate(0, New(2, 3), New(2, 4)), "concatenate", "[2, 3]", "[2, 4]", "axis than 0");
        Fails(() => Tensor.Concatenate(0), "concatenate");
        Fails(() => New(2, 3).Shift(New(2, 2)), "shift", "[2, 3]");
        Fails(() => New(2, 3, 3, 1).Shift(New(3, 2)), "shift", "[3, 2]", "[2, 3, 3, 1]");
        Fails(() => New(2, 3, 3, 1).Shift(Tensor.From(_device, new Shape(2, 2), [1, 2, 3, 4])), "shift", "Int32");
        Fails(() =>
        {
            var offsets = New(2, 2);
            offsets.RequiresGradient = true;
            New(2, 3, 3, 1).Shift(offsets);
        }, "shift", "no gradient", "[2, 2]");
        Fails(() => New(2, 3).Sum([2]), "axis 2", "[2, 3]");
    }

    [Fact]
    public void ProductsNameWhatDoesNotFit()
    {
        Fails(() => New(2, 3).MatrixProduct(New(4, 5)), "matrix product", "[2, 3]", "[4, 5]", "3 and 4");
        Fails(() => New(2, 3).MatrixProduct(New(3, 5), transposeThis: true), "[2, 3] transposed", "2 and 3");
        Fails(() => New(2, 3, 4).MatrixProduct(New(3, 4, 5)), "matrix product", "[2, 3, 4]", "[3, 4, 5]");
        Fails(() => New(3).MatrixProduct(New(3)), "matrix product", "[3]");
        Fails(() => New(1, 5, 5, 3).Convolution(New(4, 3, 3, 2)), "convolution", "[1, 5, 5, 3] has 3 channels", "[4, 3, 3, 2] expects 2");
        Fails(() => New(5, 5, 3).Convolution(New(4, 3, 3, 3)), "convolution", "[5, 5, 3]");
        Fails(() => New(1, 2, 5, 3).Convolution(New(4, 3, 3, 3)), "convolution", "height 2");
        Fails(() => New(1, 5, 5, 3).Convolution(New(4, 3, 3, 3), new(Stride: -1)), "convolution", "stride -1");
        Fails(() => New(1, 5, 5, 3).ConvolutionTransposed(New(4, 3, 3, 3)), "transposed convolution", "[1, 5, 5, 3] has 3 channels",
            "expects 4");
    }

    [Fact]
    public void NormalizationAndPoolingNameWhatDoesNotFit()
    {
        Fails(() => New(4, 3).BatchNorm(New(2), New(3), 1, 1e-5, 1, out _, out _), "batch norm", "[4, 3] has 3 channels", "[2]");
        Fails(() => New(4, 3).BatchNorm(New(3), New(3), 3, 1e-5, 1, out _, out _), "batch norm", "[4, 3]", "3 equal groups");
        Fails(() => New(0, 3).BatchNorm(New(3), New(3), 1, 1e-5, 1, out _, out _), "batch norm", "[0, 3]");
        using (Tape.Paused())
            Fails(() => New(4, 3).BatchNormWith(New(2), New(3), New(3), New(3), 1e-5, 1), "batch norm", "[2]");
        Fails(() => New(4, 3).MaxPool(2, 2), "max pool", "[4, 3]");
        Fails(() => New(1, 3, 3, 1).MaxPool(4, 2), "pooling", "[1, 3, 3, 1]");
        Fails(() => New(1, 4, 5, 1).AveragePool(2), "average pool", "[1, 4, 5, 1]");
        Fails(() => New(1, 4, 4, 1).AveragePool(0), "average pool");
    }

    [Fact]
    public void HostDataMustFitInCountAndType()
    {
        Fails(() => Tensor.From(_device, new Shape(2, 3), [1.0]), "[2, 3]", "6");
        Fails(() => Tensor.From(_device, new Shape(2), [1, 2]).ToDoubles(), "Int32");
        Fails(() => New(2).ToInts(), "Float64");
        Fails(() => New(2).Item(), "[2]");
        Fails(() => New(2).CopyFrom(New(3)), "copy", "[3]", "[2]");
        Fails(() => New(2).InterpolateInPlace(New(3), 0.5), "interpolate", "[2]", "[3]");
        Fails(() => Optimization.Sgd(0, 0, New(1), New(2), New(3), New(2)), "sgd", "[2]", "[3]");
        using var cpu = Device.Open("cpu", threads: 1);
        Fails(() => Tensor.From(cpu, new Shape(2), [1f, 2f]).Write([1, 2]), "Int32", "Float32");
        Fails(() => Tensor.From(cpu, new Shape(2), [1, 2]).Write([1.0, 2.0]), "Int32", "Float32");
        Fails(() => New(2) + Tensor.Zeros(cpu, new Shape(2)), "cpu", "reference");
    }

    [Fact]
    public void ADeviceThatDoesNotExistIsNamed() =>
        Assert.StartsWith("tpu: no such device", Assert.Throws<Kernels.DeviceException>(() => Device.Open("tpu")).Message);

    private static void Fails(Action action, params string[] parts)
    {
        var message = Assert.ThrowsAny<ArgumentException>(action).Message;
        Assert.All(parts, part => Assert.Contains(part, message));
    }

    private static void Fails(Func<object> action, params string[] parts) => Fails(() => { action(); }, parts);

    private Tensor New(params ReadOnlySpan<int> extents) => Tensor.Zeros(_device, new Shape(extents));
}
