using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    private static IEnumerable<OpCase> Convolutions()
    {
        (string What, ConvolutionGeometry Geometry)[] geometries =
        [
            ("kernel 4 stride 2 pad 1", Square(2, 8, 8, 3, 5, 4, 4, 2, 1)),
            ("kernel 4 stride 2 pad 1, non-square", Square(1, 6, 10, 5, 3, 4, 4, 2, 1)),
            ("kernel 4 stride 2 pad 1, full vectors", Square(1, 8, 8, 16, 32, 4, 4, 2, 1)),
            ("kernel 3 pad 1", Square(2, 5, 5, 3, 4, 3, 3, 1, 1)),
            ("kernel 3 pad 1, full vectors", Square(2, 11, 13, 16, 32, 3, 3, 1, 1)),
            ("kernel 3, full vectors", Square(4, 6, 7, 32, 16, 3, 3, 1, 0)),
            ("kernel 3 pad 2, full vectors", Square(4, 3, 3, 16, 16, 3, 3, 1, 2)),
            ("kernel 3 pad 1, to three channels", Square(2, 8, 6, 16, 3, 3, 3, 1, 1)),
            ("kernel 3 pad 2, to one channel", Square(3, 4, 5, 17, 1, 3, 3, 1, 2)),
            ("kernel 3 stride 2 dilation 3 pad 3", Square(1, 11, 9, 2, 3, 3, 3, 2, 3, 3)),
            ("kernel 2 stride 3 dilation 2 pad 1", Square(2, 7, 8, 3, 2, 2, 2, 3, 1, 2)),
            ("kernel 1x5 pad 2", Square(1, 4, 9, 3, 5, 1, 5, 1, 2)),
            ("kernel 3x2", Square(2, 5, 7, 2, 3, 3, 2, 1, 0)),
            ("stride 2x1, pad 1x0, dilation 1x2", new ConvolutionGeometry(1, new(7, 3, 2, 1), new(6, 2, 1, 0, 2), 3, 2)),
            ("one pixel, kernel 1", Square(3, 1, 1, 17, 33, 1, 1, 1, 0)),
            ("one pixel, kernel 3 pad 1", Square(2, 1, 1, 5, 3, 3, 3, 1, 1)),
            ("kernel 1", Square(2, 4, 4, 33, 5, 1, 1, 1, 0)),
            ("kernel 1 stride 2", Square(2, 5, 5, 3, 3, 1, 1, 2, 0)),
            ("kernel 1 pad 2", Square(1, 2, 3, 3, 2, 1, 1, 1, 2)),
            ("kernel 2 pad 3", Square(1, 3, 3, 2, 3, 2, 2, 1, 3)),
            ("rows that no window reaches", Square(1, 6, 8, 3, 4, 3, 3, 2, 0)),
            ("kernel 4 to one pixel", Square(2, 4, 4, 17, 1, 4, 4, 1, 0)),
            ("one channel each", Square(2, 6, 6, 1, 1, 3, 3, 1, 1)),
            ("empty batch", Square(0, 4, 4, 3, 5, 3, 3, 1, 1)),

            // Discriminator and generator, 64×64×3 with their widths divided by eight at the ends; the generator's layers are the input
            // gradients.
            ("S2I first layer", Square(1, 16, 16, 3, 8, 4, 4, 2, 1)),
            ("S2I second layer", Square(2, 8, 8, 8, 16, 4, 4, 2, 1)),
            ("S2I third layer", Square(2, 4, 4, 16, 32, 4, 4, 2, 1)),
            ("S2I image and code", Square(2, 4, 4, 40, 32, 1, 1, 1, 0)),
            ("S2I last layer", Square(2, 4, 4, 32, 1, 4, 4, 1, 0)),
            ("S2I code to 4x4", Square(2, 4, 4, 16, 24, 4, 4, 1, 0)),
            ("sound classifier", Square(1, 16, 11, 1, 4, 3, 3, 1, 1)),

            // STFT: a strip of samples and a bank of windows.
            ("STFT", new ConvolutionGeometry(2, new(1, 1), new(96, 32, 8), 1, 18)),
        ];
        foreach (var (what, g) in geometries)
        {
            string[] forms = ["convolution", "convolution input gradient", "convolution weight gradient"];
            foreach (var (form, opCase) in forms.Zip(Forms(g)))
            {
                yield return opCase with
                {
                    Name = $"{form}: {what} {opCase.Inputs[0].Shape} {opCase.Inputs[1].Shape}",
                    Tolerance = Tolerance.Sum(LongestSum(g)),
                    ProductTerms = LongestSum(g),
                };
            }
        }

        // The bias says on which side of the kink a channel lies; the sums are small beside it.
        (string What, ConvolutionGeometry Geometry)[] biased =
        [
            ("kernel 3", Square(1, 5, 4, 3, 5, 3, 3, 2, 1)), ("three channels", Square(2, 8, 8, 3, 17, 4, 4, 2, 1)),
            ("one channel", Square(3, 8, 6, 1, 16, 4, 4, 2, 1)), ("tiles", Square(6, 16, 16, 16, 16, 4, 4, 2, 1)),
            ("tiles of kernel 3", Square(2, 9, 11, 16, 32, 3, 3, 1, 1)),
            ("1x1", Square(2, 3, 3, 8, 5, 1, 1, 1, 0)), ("nothing", Square(0, 8, 8, 3, 4, 4, 4, 2, 1)),
        ];
        foreach (var (what, g) in biased)
        {
            var (input, weight, _) = Arrays(g);
            foreach (var slope in new[] { 0, 0.2 })
            {
                yield return new OpCase("convolution", $"convolution add leaky relu {slope}: {what} {input.Shape} {weight.Shape}",
                    [input, weight, In(Draw.Nonzero, g.OutputChannels)],
                    (_, x) => x[0].ConvolutionAddLeakyRelu(x[1] * 0.1, x[2] * 10, slope, new(g.StrideHeight, g.PaddingHeight)),
                    Tolerance.Sum(LongestSum(g)))
                { Operations = g.Operations, ProductTerms = LongestSum(g) };
            }
        }

        // The last two leave one number of each image.
        (string What, ConvolutionGeometry Geometry)[] plus =
            [.. biased, ("one number", Square(5, 4, 4, 36, 1, 4, 4, 1, 0)), ("one number of odd sides", Square(3, 3, 5, 7, 1, 3, 5, 1, 0))];
        foreach (var (what, g) in plus)
        {
            var (input, weight, _) = Arrays(g);
            yield return new OpCase("convolution", $"convolution add: {what} {input.Shape} {weight.Shape}",
                [input, weight, In(g.OutputChannels)],
                (_, x) => x[0].ConvolutionAdd(x[1], x[2].To(x[2].Device.FloatType), new(g.StrideHeight, g.PaddingHeight)),
                Tolerance.Sum(LongestSum(g)))
            { Operations = g.Operations, ProductTerms = LongestSum(g) };
        }

        foreach (var opCase in Resampled())
            yield return opCase;
        yield return Products("convolution", "Convolution() [1, 5, 4, 3]", In(1, 5, 4, 3), In(2, 3, 3, 3), 27, (x, w) =>
            x.Convolution(w, new(Stride: 2, Padding: 1)));
        yield return Products("convolution", "ConvolutionTransposed() [1, 3, 2, 4]", In(1, 3, 2, 4), In(4, 4, 4, 3), 64, (x, w) =>
            x.ConvolutionTransposed(w, new(Stride: 2, Padding: 1)));
        yield return Products("convolution", "ConvolutionTransposed() dilated [1, 3, 2, 4]", In(1, 3, 2, 4), In(4, 3, 2, 3), 24, (x, w) =>
            x.ConvolutionTransposed(w, new(3, 1, 2)));
        yield return Products("convolution", "convolution of a view [3, 5, 5, 3]", In(3, 5, 5, 3), In(4, 3, 3, 3), 36, (x, w) =>
            x.Slice(0, 1, 1).Convolution(w));
    }

    /// <summary>Spread taps by themselves, and what they compute together with a convolution.</summary>
    private static IEnumerable<OpCase> Resampled()
    {
        int[][] weights = [[2, 3, 3, 5], [3, 1, 4, 1], [4, 3, 3, 16], [1, 1, 1, 3], [0, 3, 3, 2]];
        foreach (var extents in weights)
            yield return Case("convolution", $"spread taps [{Join(extents)}]", In(extents), w => w.SpreadTaps(), Tolerance.Sum(4));
        (int[] Input, int Channels)[] images = [([1, 3, 2, 3], 4), ([2, 4, 5, 16], 16), ([1, 4, 4, 32], 16)];
        foreach (var (input, channels) in images)
        {
            // Input and weight change places in the gradients, whose sums are as long as the image is large.
            var (inputs, terms) = (input[3], Math.Max(16 * Math.Max(input[3], channels), 4 * input[0] * input[1] * input[2]));
            yield return Products("convolution", $"upsample and convolve [{Join(input)}] to {channels}", In(input),
                In(inputs, 3, 3, channels), terms, (x, w) => x.ConvolutionTransposed(w.SpreadTaps(), new(2, 1)));
            int[] large = [input[0], 2 * input[1], 2 * input[2], inputs];
            yield return Products("convolution", $"convolve and pool [{Join(large)}] to {channels}", In(large), In(channels, 3, 3, inputs),
                terms, (x, w) => x.Convolution(w.SpreadTaps() * 0.25, new(2, 1)));
        }
    }

    /// <summary>The convolution, its input gradient and its weight gradient, each with the longest sum of its value.</summary>
    private static OpCase[] Forms(ConvolutionGeometry g)
    {
        var (input, weight, output) = Arrays(g);
        var window = (long)g.KernelHeight * g.KernelWidth;
        OpCase Form(OpInput a, OpInput b, long terms, Func<Tensor, Tensor, Tensor> function) =>
            Products("convolution", "", a, b, terms, function, g.Operations);
        return
        [
            Form(input, weight, window * g.InputChannels, (x, w) => Tensor.Convolve(x, w, g)),
            Form(output, weight, window * g.OutputChannels, (y, w) => Tensor.InputGradient(y, w, g)),
            Form(input, output, (long)g.Batch * g.OutputHeight * g.OutputWidth, (x, y) => Tensor.WeightGradient(x, y, g)),
        ];
    }

    private static (OpInput Input, OpInput Weight, OpInput Output) Arrays(ConvolutionGeometry g) => (
        In(g.Batch, g.InputHeight, g.InputWidth, g.InputChannels), In(g.OutputChannels, g.KernelHeight, g.KernelWidth, g.InputChannels),
        In(g.Batch, g.OutputHeight, g.OutputWidth, g.OutputChannels));

    /// <summary>The longest sum in the value or one of its gradients.</summary>
    private static long LongestSum(ConvolutionGeometry g) => Math.Max(
        g.KernelHeight * g.KernelWidth * Math.Max(g.InputChannels, g.OutputChannels), g.Batch * g.OutputHeight * g.OutputWidth);

    private static ConvolutionGeometry Square(int batch, int height, int width, int inputs, int outputs, int kernelHeight, int kernelWidth,
        int stride, int padding, int dilation = 1) =>
        new(batch, new(height, kernelHeight, stride, padding, dilation), new(width, kernelWidth, stride, padding, dilation),
            inputs, outputs);
}
