using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// How a tensor lies in a checkpoint, where PyTorch's order of axes is promised: read as <see cref="View"/>, permuted by
/// <see cref="Axes"/>, given the shape <see cref="File"/>. Here activations are NHWC and convolution weights OHWI; there they are NCHW and
/// OIHW.
/// </summary>
public sealed class CheckpointLayout
{
    private readonly int[] _axes;

    /// <summary>Describes a layout.</summary>
    /// <param name="view">The shape that the tensor is read as, with as many elements as it has.</param>
    /// <param name="axes">Axis i of the permuted tensor is axis <paramref name="axes"/>[i] of the view.</param>
    /// <param name="file">The shape in the file.</param>
    /// <exception cref="ShapeException">The three do not fit together.</exception>
    public CheckpointLayout(Shape view, ReadOnlySpan<int> axes, Shape file)
    {
        if (axes.Length != view.Rank || view.Count != file.Count)
            throw new ShapeException($"checkpoint layout: {view} permuted by [{string.Join(", ", axes.ToArray())}] is not {file}");
        (View, _axes, File) = (view, axes.ToArray(), file);
    }

    /// <summary>The axes that the tensor has in memory, those of an image told apart.</summary>
    public Shape View { get; }

    /// <summary>Axis i of the permuted tensor is axis <c>Axes[i]</c> of <see cref="View"/>.</summary>
    public IReadOnlyList<int> Axes => _axes;

    /// <summary>The shape in the file.</summary>
    public Shape File { get; }

    private bool IsIdentity => _axes.SequenceEqual(Enumerable.Range(0, _axes.Length));

    /// <summary>The same there as here.</summary>
    public static CheckpointLayout Same(Shape shape) => new(shape, Enumerable.Range(0, shape.Rank).ToArray(), shape);

    /// <summary>
    /// A convolution's weight: [a, height, width, b] here, [a, b, height, width] there; of the transposed convolution as well.
    /// </summary>
    public static CheckpointLayout OfConvolution(Shape weight) =>
        new(weight, [0, 3, 1, 2], [weight[0], weight[3], weight[1], weight[2]]);

    /// <summary>
    /// A vector over the elements of an image, (height, width, channel) here and (channel, height, width) there; without an image, any
    /// vector.
    /// </summary>
    public static CheckpointLayout OfVector(int count, Shape? image) =>
        image is { } pixels ? new(pixels, [2, 0, 1], [count]) : Same([count]);

    /// <summary>A matrix [outputs, inputs] whose rows or columns, or both, are the elements of an image.</summary>
    public static CheckpointLayout OfMatrix(int outputs, int inputs, Shape? outputImage, Shape? inputImage)
    {
        var (rows, columns) = (OfVector(outputs, outputImage), OfVector(inputs, inputImage));
        int[] axes = [.. rows._axes, .. columns._axes.Select(axis => rows._axes.Length + axis)];
        return new([.. rows.View.Extents, .. columns.View.Extents], axes, [outputs, inputs]);
    }

    /// <summary>The tensor as it goes into the file.</summary>
    public Tensor ToFile(Tensor tensor) => IsIdentity ? tensor.Reshape(File) : tensor.Reshape(View).Permute(_axes).Reshape(File);

    /// <summary>A tensor of the file as it lies in memory, in the shape <paramref name="memory"/>.</summary>
    public Tensor FromFile(Tensor tensor, Shape memory)
    {
        if (IsIdentity)
            return tensor.Reshape(memory);
        var inverse = new int[_axes.Length];
        var extents = new int[_axes.Length];
        for (var axis = 0; axis < _axes.Length; axis++)
            (inverse[_axes[axis]], extents[axis]) = (axis, View[_axes[axis]]);
        return tensor.Reshape(extents).Permute(inverse).Reshape(memory);
    }
}
