using System.Runtime.CompilerServices;
using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// What is taken of one axis: a position, which drops the axis (<c>0</c>, <c>^1</c>), or a range, which keeps it (<c>1..3</c>, <c>..</c>).
/// </summary>
public readonly struct AxisIndex
{
    private readonly Range _range;
    private readonly bool _drops;

    private AxisIndex(Range range, bool drops) => (_range, _drops) = (range, drops);

    /// <summary>One position, from 0.</summary>
    /// <exception cref="ShapeException">The position is negative; the last one is <c>^1</c>.</exception>
    public static implicit operator AxisIndex(int position) => position >= 0
        ? (Index)position
        : throw new ShapeException($"index {position}: positions count from 0, and from the end as ^{-(long)position}");

    /// <summary>One position, from the start or the end.</summary>
    public static implicit operator AxisIndex(Index position) => new(position..position, drops: true);

    /// <summary>All positions within a range.</summary>
    public static implicit operator AxisIndex(Range range) => new(range, drops: false);

    /// <summary>Where it begins on an axis, how long it is there, and whether the axis goes.</summary>
    internal (int Start, int Length, bool Drops) On(Shape shape, int axis)
    {
        var (start, end) = (_range.Start.GetOffset(shape[axis]), _range.End.GetOffset(shape[axis]));
        if (_drops)
            end++;
        return start >= 0 && start <= end && end <= shape[axis]
            ? (start, end - start, _drops)
            : throw new ShapeException($"index {(_drops ? _range.Start : _range)} is outside axis {axis} of {shape}");
    }
}

public sealed partial class Tensor
{
    /// <summary>
    /// A part of the tensor, differentiable: <c>x[0]</c> without its first axis, <c>x[1..3]</c>, <c>x[.., ^1]</c> the last column. Axes
    /// that are not named are kept whole. Along the first axis nothing is copied.
    /// </summary>
    /// <param name="axes">What is taken of each axis, from the first on.</param>
    /// <exception cref="ShapeException">There are more indices than axes, or one lies outside its axis.</exception>
    [IndexerName("Part")]
    public Tensor this[params ReadOnlySpan<AxisIndex> axes]
    {
        get
        {
            if (axes.Length > Shape.Rank)
                throw new ShapeException($"index: {axes.Length} indices and {Shape}, which has {Shape.Rank} axes");
            var (part, kept) = (this, new List<int>());
            for (var axis = 0; axis < Shape.Rank; axis++)
            {
                var (start, length, drops) = axis < axes.Length ? axes[axis].On(Shape, axis) : (0, Shape[axis], false);
                if (length != Shape[axis])
                    part = part.Slice(axis, start, length);
                if (!drops)
                    kept.Add(length);
            }

            return part.Reshape([.. kept]);
        }
    }
}
