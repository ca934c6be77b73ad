using CrossModal.Kernels;

namespace CrossModal.Tensors;

public sealed partial class Tensor
{
    /// <summary>
    /// The sum over the given axes (all of them when none is named), which stay as extents of 1 with <paramref name="keep"/>.
    /// </summary>
    /// <remarks>Of bfloat16 it is a tensor of the device's float type, as are mean and maximum.</remarks>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public Tensor Sum(ReadOnlySpan<int> axes = default, bool keep = false)
    {
        var y = Reduce(ReductionOperation.Sum, axes, out var kept).Derive("sum", new Edge(this, g => g.BroadcastTo(Shape)));
        return keep ? y : y.Reshape(kept);
    }

    /// <summary>
    /// The mean over the given axes (all of them when none is named), which stay as extents of 1 with <paramref name="keep"/>.
    /// </summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public Tensor Mean(ReadOnlySpan<int> axes = default, bool keep = false)
    {
        var sum = Sum(axes, keep);
        return sum * (sum.Count / (double)Count);
    }

    /// <summary>The largest over the given axes; the gradient goes to the places that hold it, shared equally.</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public Tensor Maximum(ReadOnlySpan<int> axes, bool keep = false)
    {
        var list = axes.ToArray();
        var y = Reduce(ReductionOperation.Maximum, list, out var kept);
        Tensor Share()
        {
            using var pause = Tape.Paused();
            var mask = Apply(BinaryOperation.GreaterOrEqual, this, y);
            return mask / mask.Sum(list, keep: true);
        }

        y.Derive("maximum over axes", new Edge(this, g => g * Share()));
        return keep ? y : y.Reshape(kept);
    }

    /// <summary>
    /// Sums over the axes along which <paramref name="shape"/> was broadcast to reach this one: the transpose of <see cref="BroadcastTo"/>.
    /// </summary>
    public Tensor SumTo(Shape shape)
    {
        if (shape == Shape)
            return this;
        var axes = new List<int>();
        for (var axis = 0; axis < Shape.Rank; axis++)
        {
            var own = axis - (Shape.Rank - shape.Rank);
            if (own < 0 || (shape[own] == 1 && Shape[axis] != 1))
                axes.Add(axis);
        }

        return axes.Count == 0 ? Reshape(shape) : Sum(axes.ToArray(), keep: true).Reshape(shape);
    }

    /// <summary>What a sum or a maximum of this tensor is: bfloat16 is summed in the device's float type, and stays there.</summary>
    private ElementType SumType => Type == ElementType.BFloat16 ? Device.FloatType : Type;

    private Tensor Reduce(ReductionOperation operation, ReadOnlySpan<int> axes, out Shape dropped)
    {
        var reduced = new bool[Shape.Rank];
        if (axes.IsEmpty)
            System.Array.Fill(reduced, true);
        foreach (var axis in axes)
            reduced[Shape.Axis(axis)] = true;

        // Each run of neighboring reduced axes is one pass over [outer, reduced, inner]; the last run first, so that inner stays long.
        var call = Device.Call(operation.ToString());
        var current = View(Shape, 0);
        for (var end = Shape.Rank; end > 0;)
        {
            if (!reduced[end - 1])
            {
                end--;
                continue;
            }

            var begin = end;
            while (begin > 0 && reduced[begin - 1])
                begin--;
            var extents = current.Shape.Extents.ToArray();
            int Merged(Range axes) => Extent.Product(operation.ToString(), "neighboring axes together", extents[axes]);
            var geometry = new ReductionGeometry(Merged(..begin), Merged(begin..end), Merged(end..));
            for (var axis = begin; axis < end; axis++)
                extents[axis] = 1;
            var next = call.Result(new Shape(extents), SumType);
            call.Backend.Reduce(operation, geometry, call[current], call[next]);
            current.Dispose();
            current = next;
            end = begin;
        }

        dropped = [.. Shape.Extents.ToArray().Where((_, axis) => !reduced[axis])];
        return current;
    }
}
