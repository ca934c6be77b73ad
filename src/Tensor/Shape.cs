namespace CrossModal.Tensors;

/// <summary>The extents of a tensor, from the slowest axis to the fastest. A scalar has none.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int[]? _extents;

    public Shape(params ReadOnlySpan<int> extents)
    {
        foreach (var extent in extents)
        {
            if (extent < 0)
                throw new ArgumentException($"shape [{string.Join(", ", extents.ToArray())}] has a negative extent");
        }

        _extents = extents.ToArray();
    }

    public ReadOnlySpan<int> Extents => _extents;

    public int Rank => _extents?.Length ?? 0;

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
            : throw new ArgumentException($"axis {axis} of shape {this}, which has {Rank} axes");

    /// <summary>This shape with one extent replaced.</summary>
    public Shape With(int axis, int extent)
    {
        var extents = Extents.ToArray();
        extents[Axis(axis)] = extent;
        return new Shape(extents);
    }

    /// <summary>The distance in elements between neighbors along each axis of a contiguous tensor.</summary>
    public long[] Strides()
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
    public long[] StridesWithin(Shape target)
    {
        var strides = new long[target.Rank];
        var own = Strides();
        for (var axis = 0; axis < Rank; axis++)
            strides[target.Rank - Rank + axis] = Extents[axis] == 1 ? 0 : own[axis];
        return strides;
    }

    /// <summary>The shape that two operands broadcast to: aligned at the last axis, extents equal or one of them 1.</summary>
    /// <exception cref="ArgumentException">Names the op, both shapes and the axis that does not fit.</exception>
    public static Shape Broadcast(string op, Shape a, Shape b)
    {
        var extents = new int[Math.Max(a.Rank, b.Rank)];
        for (var back = 1; back <= extents.Length; back++)
        {
            var (m, n) = (back <= a.Rank ? a[-back] : 1, back <= b.Rank ? b[-back] : 1);
            if (m != n && m != 1 && n != 1)
                throw new ArgumentException($"{op}: shapes {a} and {b} do not broadcast: axis −{back} has {m} and {n}");
            extents[^back] = m == 1 ? n : m;
        }

        return new Shape(extents);
    }

    public bool Equals(Shape other) => Extents.SequenceEqual(other.Extents);

    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var extent in Extents)
            hash.Add(extent);
        return hash.ToHashCode();
    }

    public override string ToString() => $"[{string.Join(", ", Extents.ToArray())}]";

    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);
}
