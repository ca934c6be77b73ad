namespace CrossModal.Tensors;

public sealed partial class Tensor
{
    /// <summary>x − log Σ exp x over the last axis.</summary>
    public Tensor LogSoftmax()
    {
        var columns = Shape[-1];
        var y = Uninitialized(Device, Shape, Type, "log softmax");
        Device.Backend.LogSoftmax((int)(Count / Math.Max(columns, 1)), columns, Array, y.Array);
        return y.Derive("log softmax", (this, g => g - y.Exp() * g.Sum([-1], keep: true)));
    }

    /// <summary>eˣ / Σ eˣ over the last axis: numbers that are positive and sum to 1.</summary>
    public Tensor Softmax() => LogSoftmax().Exp();
}
