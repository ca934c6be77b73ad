using System.Runtime.CompilerServices;
using CrossModal.Kernels;

namespace CrossModal.Tensors;

// Reshape, permute, slice, concatenate, broadcast, shift: nothing is computed, elements move.
public sealed partial class Tensor
{
    /// <summary>The same elements under another shape; one extent may be −1 and is then inferred.</summary>
    /// <exception cref="ShapeException">The elements do not fill the shape, or the one inferred extent is no whole number.</exception>
    [OverloadResolutionPriority(1)]
    public Tensor Reshape(params ReadOnlySpan<int> extents)
    {
        var sizes = extents.ToArray();
        var open = System.Array.IndexOf(sizes, -1);
        if (open >= 0)
        {
            var known = new Shape([.. sizes.Where((_, axis) => axis != open)]).Count;
            sizes[open] = known > 0 && Count % known == 0
                ? Extent.Of("reshape", "the axis of −1", Count / known)
                : throw new ShapeException($"reshape: {Shape} does not divide into [{string.Join(", ", sizes)}]");
        }

        return Reshape(new Shape(sizes));
    }

    /// <summary>The same elements under another shape.</summary>
    /// <exception cref="ShapeException">The other shape has not as many elements.</exception>
    public Tensor Reshape(Shape shape)
    {
        if (shape.Count != Count)
            throw new ShapeException($"reshape: {Shape} has {Count} elements, {shape} has {shape.Count}");
        return View(shape, 0).Derive("reshape", new Edge(this, g => g.Reshape(Shape)));
    }

    /// <summary>The axes in another order: axis i of the result is axis <paramref name="axes"/>[i] of this tensor.</summary>
    /// <exception cref="ShapeException">The axes are not all of this tensor's, each once.</exception>
    public Tensor Permute(params ReadOnlySpan<int> axes)
    {
        var order = System.Array.ConvertAll(axes.ToArray(), Shape.Axis);
        if (order.Distinct().Count() != Shape.Rank || order.Length != Shape.Rank)
            throw new ShapeException($"permute: [{string.Join(", ", axes.ToArray())}] is not an order of the axes of {Shape}");
        var inverse = new int[order.Length];
        var extents = new int[order.Length];
        var strides = new long[order.Length];
        var own = Shape.Strides();
        for (var axis = 0; axis < order.Length; axis++)
        {
            inverse[order[axis]] = axis;
            extents[axis] = Shape[order[axis]];
            strides[axis] = own[order[axis]];
        }

        var shape = new Shape(extents);
        var call = Device.Call("permute");
        var y = call.Result(shape, Type);
        call.Backend.StridedCopy(StridedGeometry.Merge(extents, strides, strides, shape.Strides()), call[this], call[y]);
        return y.Derive("permute", new Edge(this, g => g.Permute(inverse)));
    }

    /// <summary>Swaps the last two axes.</summary>
    /// <exception cref="ShapeException">There are fewer than two axes.</exception>
    public Tensor Transpose()
    {
        if (Shape.Rank < 2)
            throw new ShapeException($"transpose: {Shape} has no two axes to swap");
        var axes = Enumerable.Range(0, Shape.Rank).ToArray();
        (axes[^1], axes[^2]) = (axes[^2], axes[^1]);
        return Permute(axes);
    }

    /// <summary>
    /// <paramref name="length"/> positions of one axis from <paramref name="start"/>. Along the first axis it is a view, without a copy.
    /// </summary>
    /// <exception cref="ShapeException">There is no such axis, or the positions lie outside it.</exception>
    public Tensor Slice(int axis, int start, int length)
    {
        axis = Shape.Axis(axis);
        var extent = Shape[axis];
        if (start < 0 || length < 0 || (long)start + length > extent)
            throw new ShapeException($"slice: [{start}, {(long)start + length}) of axis {axis} of {Shape}");
        var shape = Shape.With(axis, length);
        Tensor y;
        if (axis == 0)
        {
            y = View(shape, extent == 0 ? 0 : Count / extent * start);
        }
        else
        {
            var call = Device.Call("slice");
            y = call.Result(shape, Type);
            CopyAxis(call, this, start, y, 0, axis, length);
        }

        return y.Derive("slice", $"axis {axis}, from {start}", new Edge(this, g => g.Embed(axis, start, extent)));
    }

    /// <summary>
    /// Places this tensor at <paramref name="start"/> of an axis of <paramref name="extent"/>, zeros around it: the transpose of
    /// <see cref="Slice"/>, and padding.
    /// </summary>
    /// <exception cref="ShapeException">There is no such axis, or this tensor does not fit the extent there.</exception>
    public Tensor Embed(int axis, int start, int extent)
    {
        axis = Shape.Axis(axis);
        var length = Shape[axis];
        if (start < 0 || (long)start + length > extent)
            throw new ShapeException($"embed: {Shape} at {start} of axis {axis} does not fit an extent of {extent}");
        var y = Zeros(Device, Shape.With(axis, extent), Type);
        CopyAxis(Device.Call("embed"), this, 0, y, start, axis, length);
        return y.Derive("embed", $"axis {axis}, at {start} of {extent}", new Edge(this, g => g.Slice(axis, start, length)));
    }

    /// <summary>Joins tensors along one axis; the other extents must agree. Of bfloat16 and the device's float type that
    /// of most elements is taken.</summary>
    /// <exception cref="ShapeException">The tensors differ in the number of axes or in another extent.</exception>
    public static Tensor Concatenate(int axis, params IReadOnlyList<Tensor> parts)
    {
        var first = parts.Count > 0 ? parts[0] : throw new ArgumentException("concatenate: no tensors to join");
        axis = first.Shape.Axis(axis);
        var total = 0L;
        foreach (var part in parts)
        {
            if (part.Shape.Rank != first.Shape.Rank || part.Shape.With(axis, 1) != first.Shape.With(axis, 1))
                throw new ShapeException($"concatenate: {first.Shape} and {part.Shape} differ in another axis than {axis}");
            total += part.Shape[axis];
        }

        var call = first.Device.Call("concatenate");
        var narrow = parts.Where(part => part.Type == ElementType.BFloat16).Sum(part => part.Count);
        var type = 2 * narrow > parts.Sum(part => part.Count)
            ? ElementType.BFloat16 : parts.FirstOrDefault(part => part.Type != ElementType.BFloat16, first).Type;
        var y = call.Result(first.Shape.With(axis, Extent.Of("concatenate", $"axis {axis}", total)), type);
        var edges = new Edge[parts.Count];
        var (start, sideBySide) = (0, parts.Count == 2 && axis > 0 && axis == first.Shape.Rank - 1);
        if (sideBySide)
            Join(call, first, parts[1], repeat: 1, y);
        for (var i = 0; i < parts.Count; i++)
        {
            var (part, offset, length) = (parts[i], start, parts[i].Shape[axis]);
            if (!sideBySide)
                CopyAxis(call, part, 0, y, offset, axis, length);
            edges[i] = new Edge(part, g => g.Slice(axis, offset, length));
            start += length;
        }

        return y.Derive("concatenate", $"axis {axis}", edges);
    }

    /// <summary>
    /// This tensor, [batch, …, n], and behind each of its places the row of <paramref name="rows"/>, [batch, m], that belongs to it:
    /// [batch, …, n + m]. The rows are not repeated in memory, unless somebody watches the tape, who is shown the two ops that it stands
    /// for.
    /// </summary>
    /// <exception cref="ShapeException">There is not one row for each of the batch.</exception>
    internal Tensor JoinEach(Tensor rows)
    {
        var (batch, n, m) = (Shape[0], Shape[-1], rows.Shape[-1]);
        if (Shape.Rank < 2 || rows.Shape != [batch, m])
            throw new ShapeException($"join: {Shape} needs a row for each of its batch, and there are {rows.Shape}");
        if (Tape.Watching is not null || Count == 0)
        {
            var places = new int[Shape.Rank];
            System.Array.Fill(places, 1);
            (places[0], places[^1]) = (batch, m);
            return Concatenate(-1, this, rows.Reshape(new Shape(places)).BroadcastTo(Shape.With(-1, m)));
        }

        var call = Device.Call("concatenate");
        var y = call.Result(Shape.With(-1, Extent.Of("concatenate", "the last axis", (long)n + m)), Type);
        var repeat = Extent.Of("concatenate", "the places of one of the batch", Count / n / batch);
        Join(call, this, rows, repeat, y);
        return y.Derive("concatenate", $"axis {Shape.Rank - 1}", new Edge(this, g => g.Slice(-1, 0, n)),
            new Edge(rows, g => g.Slice(-1, n, m).Reshape(batch, repeat, m).Sum([1])));
    }

    /// <summary>Repeats axes of extent 1 (and missing leading ones) to reach <paramref name="shape"/>.</summary>
    /// <exception cref="ShapeException">This shape does not reach the other by repeating.</exception>
    public Tensor BroadcastTo(Shape shape)
    {
        if (shape == Shape)
            return this;
        if (Shape.Broadcast("broadcast", Shape, shape) != shape)
            throw new ShapeException($"broadcast: {Shape} does not reach {shape}");
        var call = Device.Call("broadcast");
        var y = call.Result(shape, Type);
        var strides = Shape.StridesWithin(shape);
        call.Backend.StridedCopy(StridedGeometry.Merge(shape.Extents, strides, strides, shape.Strides()), call[this], call[y]);
        return y.Derive("broadcast", new Edge(this, g => g.SumTo(Shape)));
    }

    /// <summary>Labels (int32, any shape) as rows of a one and zeros, [count, classes].</summary>
    public Tensor OneHot(int classes)
    {
        var call = Device.Call("one hot");
        var y = call.Result([Extent.Of("one hot", "the labels", Count), classes], Device.FloatType);
        call.Backend.OneHot(call[this], classes, call[y]);
        return y;
    }

    /// <summary>
    /// Images [batch, height, width, channels], each moved by its own offset: y[b, row, column, c] = x[b, row − dy, column − dx, c], zero
    /// where that lies outside. An image that is moved by its whole size or more, or by a NaN, is all zeros.
    /// </summary>
    /// <param name="offsets">
    /// [batch, 2], rows then columns, rounded to the nearest whole number, halves away from zero. Because they are rounded there is no
    /// derivative by them. They are read on the device, so a captured step may draw them anew at each replay.
    /// </param>
    /// <exception cref="ShapeException">Other shapes, or offsets of another type or device.</exception>
    /// <exception cref="ArgumentException">A gradient is asked for by the offsets.</exception>
    public Tensor Shift(Tensor offsets)
    {
        if (Shape.Rank != 4)
            throw new ShapeException($"shift: input {Shape} must be [batch, height, width, channels]");
        if (offsets.Shape != [Shape[0], 2] || offsets.Type != SumType)
            throw new ShapeException($"shift: offsets {offsets.Description} must be [{Shape[0]}, 2], like the input {Description}");
        if (offsets.IsTracked)
            throw new ArgumentException(
                $"shift: offsets {offsets.Shape} are rounded to whole pixels, so there is no gradient by them; detach them");
        var call = Device.Call("shift");
        var y = call.Result(Shape, Type);
        call.Backend.Shift(new ShiftGeometry(Shape[0], Shape[1], Shape[2], Shape[3]), call[this], call[offsets], call[y]);
        return y.Derive("shift", new Edge(this, g => g.Shift(-offsets)));
    }

    /// <summary>The same numbers as another float type, rounded to the nearest; this tensor where it is of that type.</summary>
    /// <exception cref="NotSupportedException">The device does not convert between the two types.</exception>
    public Tensor To(ElementType type)
    {
        if (type == Type)
            return this;
        var call = Device.Call("to");
        var y = call.Result(Shape, type);
        call.Backend.Convert(call[this], call[y]);
        return y.Derive("to", $"{type}", new Edge(this, g => g.To(Type)));
    }

    /// <summary>Overwrites the elements with those of two tensors, one behind the other, outside any gradient.</summary>
    /// <exception cref="ShapeException">They have together more or fewer elements.</exception>
    internal void CopyFrom(Tensor first, Tensor second)
    {
        if (first.Count + second.Count != Count)
            throw new ShapeException($"copy: {first.Shape} and {second.Shape} into {Shape}");
        var (left, right) = (Extent.Of("copy", "the elements", first.Count), Extent.Of("copy", "the elements", second.Count));
        var call = Device.Call("copy");
        call.Backend.JoinRows(new JoinGeometry(1, 1, left, right), call[first], call[second], call[this]);
    }

    private static void Join(in OpCall call, Tensor a, Tensor b, int repeat, Tensor y)
    {
        var (left, right) = (a.Shape[-1], b.Shape[-1]);
        var rows = Extent.Of("concatenate", "the rows", y.Count / Math.Max(1, left + right));
        call.Backend.JoinRows(new JoinGeometry(rows, repeat, left, right), call[a], call[b], call[y]);
    }

    private static void CopyAxis(in OpCall call, Tensor source, int sourceStart, Tensor destination, int destinationStart, int axis,
        int length)
    {
        var extents = source.Shape.With(axis, length).Extents;
        var (from, to) = (source.Shape.Strides(), destination.Shape.Strides());
        var x = call[source].Slice(sourceStart * from[axis], source.Count - sourceStart * from[axis]);
        var y = call[destination].Slice(destinationStart * to[axis], destination.Count - destinationStart * to[axis]);
        call.Backend.StridedCopy(StridedGeometry.Merge(extents, from, from, to), x, y);
    }
}
