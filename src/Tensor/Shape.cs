using System.Runtime.CompilerServices;
using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// The extents of a tensor, from the slowest axis to the fastest. A scalar has none. Wherever a shape is asked for, a collection
/// expression will do: <c>Tensor.Zeros(device, [2, 3])</c>.
/// </summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int[]? _extents;

    /// <summary>A shape with the given extents.</summary>
    /// <exception cref="ShapeException">An extent is negative, or there would be 2⁶³ elements or more.</exception>
    public Shape(params ReadOnlySpan<int> extents)
    {
        var count = (Int128)1;
        foreach (var extent in extents)
        {
            if (extent < 0)
                throw new ShapeException($"shape [{string.Join(", ", extents.ToArray())}] has a negative extent");
            if (count <= long.MaxValue)
                count *= extent;
            else if (extent == 0)
                count = 0;
        }

        if (count > long.MaxValue)
            throw new ShapeException($"shape [{string.Join(", ", extents.ToArray())}] has more elements than can be counted");
        _extents = extents.ToArray();
    }

    /// <summary>What the compiler calls for a collection expression, <c>[2, 3]</c>.</summary>
    /// <exception cref="ShapeException">As from the constructor.</exception>
    public static Shape Create(ReadOnlySpan<int> extents) => new(extents);

    /// <summary>The extents in order.</summary>
    public ReadOnlySpan<int> Extents => _extents;

    /// <summary>How many axes there are.</summary>
    public int Rank => _extents?.Length ?? 0;

    /// <summary>How many elements there are: the product of the extents, 1 for a scalar.</summary>
    public long Count
    {
        get
        {
            var count = 1L;
            foreach (var extent in Extents)
                count *= extent;
            return count;
        }
    }

    /// <summary>The extent of an axis; negative axes count from the last.</summary>
    public int this[int axis] => Extents[Axis(axis)];

    /// <summary>The axis as a number from zero.</summary>
    public int Axis(int axis) =>
        axis >= -Rank && axis < Rank ? (axis + Rank) % Math.Max(Rank, 1)
            : throw new ShapeException($"axis {axis} of shape {this}, which has {Rank} axes");

    /// <summary>This shape with one extent replaced.</summary>
    public Shape With(int axis, int extent)
    {
        var extents = Extents.ToArray();
        extents[Axis(axis)] = extent;
        return new Shape(extents);
    }

    /// <summary>The extents, one after the other.</summary>
    public ReadOnlySpan<int>.Enumerator GetEnumerator() => Extents.GetEnumerator();

    /// <summary>The distance in elements between neighbors along each axis of a contiguous tensor.</summary>
    internal long[] Strides()
    {
        var strides = new long[Rank];
        var step = 1L;
        for (var axis = Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = step;
            step *= Extents[axis];
        }

        return strides;
    }

    /// <summary>The strides with which a tensor of this shape is read as <paramref name="target"/>: zero along broadcast axes.</summary>
    internal long[] StridesWithin(Shape target)
    {
        var strides = new long[target.Rank];
        var own = Strides();
        for (var axis = 0; axis < Rank; axis++)
            strides[target.Rank - Rank + axis] = Extents[axis] == 1 ? 0 : own[axis];
        return strides;
    }

    /// <summary>The shape that two operands broadcast to: aligned at the last axis, extents equal or one of them 1.</summary>
    /// <exception cref="ShapeException">Names the op, both shapes and the axis that does not fit.</exception>
    internal static Shape Broadcast(string op, Shape a, Shape b)
    {
        var extents = new int[Math.Max(a.Rank, b.Rank)];
        for (var back = 1; back <= extents.Length; back++)
        {
            var (m, n) = (back <= a.Rank ? a[-back] : 1, back <= b.Rank ? b[-back] : 1);
            if (m != n && m != 1 && n != 1)
                throw new ShapeException($"{op}: shapes {a} and {b} do not broadcast: axis −{back} has {m} and {n}");
            extents[^back] = m == 1 ? n : m;
        }

        return new Shape(extents);
    }

    /// <summary>Whether both have the same extents in the same order.</summary>
    public bool Equals(Shape other) => Extents.SequenceEqual(other.Extents);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var extent in Extents)
            hash.Add(extent);
        return hash.ToHashCode();
    }

    /// <summary>The extents in brackets: <c>[2, 3]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", Extents.ToArray())}]";

    /// <summary>Whether both have the same extents in the same order.</summary>
    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    /// <summary>Whether they differ in an extent or in the number of axes.</summary>
    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);
}
