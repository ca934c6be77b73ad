using CrossModal.Kernels;

namespace CrossModal.Tensors;

public sealed partial class Tensor
{
    /// <summary>x − log Σ exp x over the last axis.</summary>
    public Tensor LogSoftmax()
    {
        var columns = Shape[-1];
        var call = Device.Call("log softmax");
        var y = call.Result(Shape, SumType);
        call.Backend.LogSoftmax(Extent.Of("log softmax", "the rows", Count / Math.Max(columns, 1)), columns, call[this], call[y]);
        return y.Derive("log softmax", new Edge(this, g => g - y.Exp() * g.Sum([-1], keep: true)));
    }

    /// <summary>eˣ / Σ eˣ over the last axis: numbers that are positive and sum to 1.</summary>
    public Tensor Softmax() => LogSoftmax().Exp();
}
