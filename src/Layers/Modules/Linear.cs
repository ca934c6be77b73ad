using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// y = x · weightᵀ + bias, weight [outputs, inputs]. Where inputs or outputs are the elements of an image, say its shape [height, width,
/// channels]: then an image may go in or comes out, and the checkpoint's weight is permuted into PyTorch's order (channel, height, width),
/// so that a flatten or reshape there meets the right numbers.
/// </summary>
public sealed class Linear : WeightedLayer
{
    private readonly int _inputs;

    /// <summary>A layer with weights that are drawn here.</summary>
    /// <param name="random">Where the first weights are drawn from.</param>
    /// <param name="activation">What follows the sums.</param>
    /// <param name="bias">Whether there is one.</param>
    /// <param name="initializer">Of the weight; <see cref="Initializers.FanIn"/> when not given. A bias starts at 0.</param>
    /// <param name="inputImage">[height, width, channels] whose product is <paramref name="inputs"/>.</param>
    /// <param name="outputImage">[height, width, channels] whose product is <paramref name="outputs"/>.</param>
    public Linear(RandomStream random, int inputs, int outputs, Activation activation = default, bool bias = true,
        Initializer? initializer = null, Shape? inputImage = null, Shape? outputImage = null, bool spectralNorm = false)
        : base(random, Describe(inputs, outputs, inputImage, outputImage), activation, initializer, bias, spectralNorm)
    {
        (_inputs, InputImage, OutputImage) = (inputs, inputImage, outputImage);
    }

    /// <summary>[height, width, channels] that the inputs are the elements of; null where they are of no image.</summary>
    public Shape? InputImage { get; }

    /// <summary>[height, width, channels] that the outputs are the elements of; null where they are of no image.</summary>
    public Shape? OutputImage { get; }

    /// <param name="x">[batch, inputs], or [batch, …] with as many elements a row.</param>
    /// <returns>[batch, outputs], or [batch, height, width, channels] where an output image was named.</returns>
    public override Tensor Forward(Tensor x)
    {
        if (x.Shape.Rank < 2 || x.Count != (long)x.Shape[0] * _inputs)
            throw new ShapeException($"linear: input {x.Shape} does not have {_inputs} elements a row");
        var rows = x.Shape.Rank == 2 ? x : x.Reshape([x.Shape[0], _inputs]);
        var y = Finish(Activations(rows).MatrixProduct(EffectiveWeight(), transposeOther: true));
        return Tapped(x, OutputImage is { } image ? y.Reshape([x.Shape[0], .. image.Extents]) : y);
    }

    private static WeightDescription Describe(int inputs, int outputs, Shape? inputImage, Shape? outputImage)
    {
        Check("input", inputs, inputImage);
        Check("output", outputs, outputImage);
        return new WeightDescription([outputs, inputs], new Fan(inputs, outputs),
            CheckpointLayout.OfMatrix(outputs, inputs, outputImage, inputImage),
            outputs, CheckpointLayout.OfVector(outputs, outputImage), CheckpointLayout.OfVector(inputs, inputImage), OutputsLast: false);
    }

    private static void Check(string which, int count, Shape? image)
    {
        if (image is { } shape && (shape.Rank != 3 || shape.Count != count))
            throw new ShapeException($"linear: the {which} image {shape} is not [height, width, channels] with {count} elements");
    }
}
