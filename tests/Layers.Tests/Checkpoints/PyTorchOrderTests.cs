using System.Runtime.InteropServices;
using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

/// <summary>
/// The numbers of a checkpoint, used as PyTorch defines its layers (NCHW images, weights as documented at torch.nn.Conv2d, ConvTranspose2d
/// and Linear), in plain loops: what comes out is what our layer gives in NHWC.
/// </summary>
public sealed class PyTorchOrderTests : ReferenceDevice
{
    [Fact]
    public void TheWeightOfATinyConvolutionIsPermutedToOutInHeightWidth()
    {
        using var convolution = new Convolution2d(Random, 2, 2, 2, bias: false);
        convolution.Weight.Write(Enumerable.Range(0, 16).Select(i => (double)i).ToArray());
        Assert.Equal([0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15], Saved(convolution)["weight"]);
    }

    [Fact]
    public void TheColumnsOfATinyLinearArePermutedToChannelHeightWidth()
    {
        using var linear = new Linear(Random, 6, 1, inputImage: new Shape(1, 3, 2));
        linear.Weight.Write([0.0, 1, 2, 3, 4, 5]);
        Assert.Equal([0, 2, 4, 1, 3, 5], Saved(linear)["weight"]);
    }

    [Fact]
    public void Convolution()
    {
        using var scope = new Scope();
        using var layer = new Convolution2d(Random, 2, 3, 3, new ConvolutionOptions(2, 1));
        layer.Bias!.Write([0.1, 0.2, 0.3]);
        var x = Draw(1, 2, 5, 4, 2);
        var saved = Saved(layer);
        var (input, weight) = (ToChannelsFirst(x), saved["weight"]);
        var y = new double[2 * 3 * 3 * 2];
        for (int n = 0, at = 0; n < 2; n++)
        {
            for (var o = 0; o < 3; o++)
            {
                for (var row = 0; row < 3; row++)
                {
                    for (var column = 0; column < 2; column++, at++)
                    {
                        y[at] = saved["bias"][o];
                        for (var i = 0; i < 2; i++)
                        {
                            for (var k = 0; k < 9; k++)
                            {
                                var (h, w) = (row * 2 - 1 + k / 3, column * 2 - 1 + k % 3);
                                if (h is >= 0 and < 5 && w is >= 0 and < 4)
                                    y[at] += input[((n * 2 + i) * 5 + h) * 4 + w] * weight[(o * 2 + i) * 9 + k];
                            }
                        }
                    }
                }
            }
        }

        Close.Equal(y, ToChannelsFirst(layer.Forward(x)));
    }

    [Fact]
    public void TransposedConvolution()
    {
        using var scope = new Scope();
        using var layer = new ConvolutionTransposed2d(Random, 2, 3, 4, new ConvolutionOptions(2, 1));
        var x = Draw(1, 1, 2, 3, 2);
        var (input, weight) = (ToChannelsFirst(x), Saved(layer)["weight"]);
        var y = new double[3 * 4 * 6];
        for (var i = 0; i < 2; i++)
        {
            for (var h = 0; h < 2; h++)
            {
                for (var w = 0; w < 3; w++)
                {
                    for (var o = 0; o < 3; o++)
                    {
                        for (var k = 0; k < 16; k++)
                        {
                            var (row, column) = (h * 2 - 1 + k / 4, w * 2 - 1 + k % 4);
                            if (row is >= 0 and < 4 && column is >= 0 and < 6)
                                y[(o * 4 + row) * 6 + column] += input[(i * 2 + h) * 3 + w] * weight[(i * 3 + o) * 16 + k];
                        }
                    }
                }
            }
        }

        Close.Equal(y, ToChannelsFirst(layer.Forward(x)));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void LinearBehindAFlattenAndBeforeAReshape(bool inputImage, bool outputImage)
    {
        using var scope = new Scope();
        using var layer = new Linear(Random, 12, 30, inputImage: inputImage ? new Shape(2, 3, 2) : null, outputImage: outputImage
            ? new Shape(3, 2, 5) : null);
        layer.Bias!.Write(Enumerable.Range(0, 30).Select(i => (double)i).ToArray());
        var x = Draw(1, 2, 2, 3, 2);
        var saved = Saved(layer);

        // PyTorch flattens (channel, height, width), and reshapes to it.
        var input = inputImage ? ToChannelsFirst(x) : x.ToDoubles();
        var y = new double[2 * 30];
        for (var n = 0; n < 2; n++)
        {
            for (var o = 0; o < 30; o++)
                y[n * 30 + o] = saved["bias"][o] + Enumerable.Range(0, 12).Sum(i => input[n * 12 + i] * saved["weight"][o * 12 + i]);
        }

        var own = layer.Forward(x);
        Close.Equal(y, outputImage ? ToChannelsFirst(own) : own.ToDoubles());
    }

    [Fact]
    public void TheVectorsOfSpectralNormalizationFollowTheWeight()
    {
        using var down = new Convolution2d(Random, 2, 3, 2, spectralNorm: true);
        using var up = new ConvolutionTransposed2d(Random, 2, 3, 2, spectralNorm: true);
        var (a, b) = (Saved(down), Saved(up));

        // v = Wᵀu / ‖Wᵀu‖ was made of the u before the last, which after 15 rounds is close to the one that was saved.
        Close.Equal(Right(a, (output, rest) => output * 8 + rest), a["weight_v"], 0.02);

        // PyTorch takes the outputs of a transposed convolution, its second axis, for the rows.
        Close.Equal(Right(b, (output, rest) => (rest / 4 * 3 + output) * 4 + rest % 4), b["weight_v"], 0.02);
    }

    /// <summary>Wᵀu / ‖Wᵀu‖ of a weight of 3 outputs and 8 others, whose place in the file is given.</summary>
    private static double[] Right(Dictionary<string, double[]> saved, Func<int, int, int> place)
    {
        var vector = Enumerable.Range(0, 8)
            .Select(rest => Enumerable.Range(0, 3).Sum(output => saved["weight_orig"][place(output, rest)] * saved["weight_u"][output]))
                .ToArray();
        var norm = Math.Sqrt(vector.Sum(value => value * value));
        return [.. vector.Select(value => value / norm)];
    }

    private static double[] ToChannelsFirst(Tensor image) => image.Permute(0, 3, 1, 2).ToDoubles();

    private static Dictionary<string, double[]> Saved(Module module)
    {
        using var folder = Folder();
        var path = folder.File("layer.safetensors");
        new Checkpoint().Add("layer", module).Save(path);
        using var file = SafeTensors.Open(path);
        return file.Tensors.Values.ToDictionary(tensor => tensor.Name["layer.".Length..], tensor => Doubles(file.Read(tensor)));
    }

    private static double[] Doubles(byte[] bytes) => MemoryMarshal.Cast<byte, double>(bytes).ToArray();
}
