using CrossModal.Kernels;

namespace CrossModal.Tensors;

// Over the ranks of a parallel run: every rank has a tensor of this shape.
public sealed partial class Tensor
{
    /// <summary>
    /// The sum of the ranks' tensors, the same on each. What any rank makes of it counts in the gradient, so that is summed over the ranks,
    /// too: the gradients of a sum of all ranks' losses come out whole where a loss reaches across them.
    /// </summary>
    internal Tensor SumOverRanks()
    {
        if (Device.Ranks.Size == 1)
            return this;
        var call = Device.Call("sum over ranks");
        var y = call.Result(Shape, Type);
        call.Backend.StridedCopy(StridedGeometry.Merge([(int)Count], [1], [1], [1]), call[this], call[y]);
        call.Backend.SumOverRanks(Device.Ranks, call[y]);
        return y.Derive("sum over ranks", new Edge(this, g => g.SumOverRanks()));
    }

    /// <summary>The mean of the ranks' tensors: of means over equal parts of a batch, the mean over the whole.</summary>
    internal Tensor MeanOverRanks() => Device.Ranks.Size == 1 ? this : SumOverRanks() * (1.0 / Device.Ranks.Size);

    /// <summary>
    /// Their sums over the ranks, outside any gradient. The tensors themselves are not to be used any more: they are summed where they lie,
    /// but for those that share their memory with another.
    /// </summary>
    internal static IReadOnlyList<Tensor> SumOverRanks(IReadOnlyList<Tensor> tensors)
    {
        if (tensors.Count == 0 || tensors[0].Device.Ranks.Size == 1)
            return tensors;
        using var pause = Tape.Paused();
        var uses = tensors.CountBy(tensor => tensor.Storage).ToDictionary();
        Tensor[] sums = [.. tensors.Select(tensor => uses[tensor.Storage] > 1 ? tensor.SumOverRanks() : tensor)];
        var call = tensors[0].Device.Call("sum over ranks");
        call.Backend.SumOverRanks(tensors[0].Device.Ranks, [.. tensors.Intersect(sums).Select(tensor => call[tensor])]);
        return sums;
    }
}
