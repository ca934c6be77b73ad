using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>The learned numbers of a batch normalization, one of each for a channel, and the variance's own statistics.</summary>
internal sealed record NormalizationNumbers(float[] Scale, float[] Shift, float[] Mean, float[] Variance);

/// <summary>The weights of layers as pictures: what each output looks for, or draws, in one channel of the input.</summary>
internal static class LayerFilters
{
    /// <summary>Stands for all three channels of an input of colors.</summary>
    public const int Colors = -1;

    /// <summary>
    /// How many channels of the input there are to choose from: those of an image, or the numbers that a linear layer draws images of.
    /// One for a linear layer from numbers to numbers, whose rows are shown whole; 0 for a layer without a weight.
    /// </summary>
    public static int Inputs(Module layer) => layer switch
    {
        Convolution2d convolution => convolution.Weight.Shape[3],
        ConvolutionTransposed2d transposed => transposed.Weight.Shape[0],
        Linear { OutputImage: not null } linear => linear.Weight.Shape[1],
        Linear { InputImage: { } image } => image[2],
        Linear => 1,
        _ => 0,
    };

    /// <summary>
    /// Pictures [outputs, height, width], or [outputs, height, width, 3], of the weight as it is used, spectral normalization included.
    /// </summary>
    /// <param name="input">A channel of the input, or <see cref="Colors"/>.</param>
    /// <exception cref="BadInputException">The layer has no weight, or its input no such channel.</exception>
    public static (Shape Shape, float[] Values) Of(string name, Module layer, int input)
    {
        var inputs = Inputs(layer);
        if (layer is not WeightedLayer weighted)
            throw new BadInputException($"{name} has no weight");
        if (input != Colors && (input < 0 || input >= inputs) || input == Colors && (inputs != 3 || layer is not Convolution2d))
            throw new BadInputException($"{name} has {inputs} channels at its input, counted from 0; there is no channel {input}");
        using var pause = Tape.Paused();
        using var scope = new Scope();
        var weight = weighted.InferenceWeight();
        var pictures = layer switch
        {
            Convolution2d => input == Colors ? weight : weight.Slice(3, input, 1).Reshape([.. weight.Shape.Extents[..3]]),
            ConvolutionTransposed2d => Last(weight.Slice(0, input, 1).Reshape([.. weight.Shape.Extents[1..]])),
            Linear { OutputImage: { } image } => Last(weight.Slice(1, input, 1).Reshape(image)),
            Linear { InputImage: { } image } => weight.Reshape([weight.Shape[0], .. image.Extents]).Slice(3, input, 1)
                .Reshape([weight.Shape[0], image[0], image[1]]),
            _ => weight.Reshape([weight.Shape[0], .. Rectangle(weight.Shape[1])]),
        };
        return (pictures.Shape, pictures.ToArray());
    }

    /// <summary>The numbers of a batch normalization.</summary>
    /// <exception cref="BadInputException">The layer is something else.</exception>
    public static NormalizationNumbers Normalization(string name, Module layer) => layer is BatchNorm norm
        ? new NormalizationNumbers(norm.Scale.ToArray(), norm.Shift.ToArray(), norm.RunningMean.ToArray(), norm.RunningVariance.ToArray())
        : throw new BadInputException($"{name} is no batch normalization");

    /// <summary>[height, width, outputs] to [outputs, height, width].</summary>
    private static Tensor Last(Tensor pictures) =>
        pictures.Reshape(-1, pictures.Shape[2]).Transpose().Reshape(pictures.Shape[2], pictures.Shape[0], pictures.Shape[1]);

    /// <summary>Height and width whose product is a count, as near to a square as there are.</summary>
    private static int[] Rectangle(int count)
    {
        var height = (int)Math.Sqrt(count);
        while (count % height != 0)
            height--;
        return [height, count / height];
    }
}
