using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>
/// The sizes of a training step of sound to image: by default the networks of preset <c>paper</c>, on 64×64 images in color.
/// </summary>
internal sealed record StepSizes
{
    /// <summary>Pairs in a batch.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Rows and columns of an image; each stage of a network halves or doubles them, down to 4.</summary>
    public int ImageSize { get; init; } = 64;

    /// <summary>Channels of an image.</summary>
    public int Colors { get; init; } = 3;

    /// <summary>Channels behind the discriminator's first stage; each further one doubles them.</summary>
    public int Width { get; init; } = 64;

    /// <summary>Numbers in the code of a sound.</summary>
    public int CodeSize { get; init; } = 64;

    /// <summary>Numbers of noise.</summary>
    public int NoiseSize { get; init; } = 10;

    internal int Stages => int.Log2(ImageSize / 4);

    internal int Widest => Width << (Stages - 1);

    internal int Pixels => Batch * ImageSize * ImageSize;

    /// <summary>The convolution of the discriminator's stage, from 1, that halves the image.</summary>
    internal ConvolutionGeometry Halving(int images, int stage)
    {
        var size = ImageSize >> (stage - 1);
        return new(images, new(size, 4, 2, 1), new(size, 4, 2, 1), stage == 1 ? Colors : Width << (stage - 2), Width << (stage - 1));
    }

    internal ConvolutionGeometry Mix(int images) => new(images, new(4, 1), new(4, 1), Widest + CodeSize, Widest);

    internal ConvolutionGeometry Score(int images) => new(images, new(4, 4), new(4, 4), Widest, 1);
}

public static partial class OpCases
{
    /// <summary>Real, wrong and fake.</summary>
    private const int Groups = 3;

    private const double Slope = 0.2;

    /// <summary>
    /// The primitives that training sound to image is made of, each at its size and forward only: the discriminator's on real, wrong and
    /// fake images together, the generator's on one batch. The generator's transposed convolutions are the discriminator's convolutions
    /// turned round, so its rows also stand for the discriminator's in the generator's step. Beside them every elementwise function, on as
    /// many numbers as a batch of images has, and square products.
    /// </summary>
    internal static IReadOnlyList<OpCase> OfStep(StepSizes sizes) =>
    [
        .. ((IEnumerable<OpCase>)[
            .. ConvolutionsOf(sizes), .. MatrixProductsOf(sizes), .. BatchNormsOf(sizes), .. ElementwiseOf(sizes), .. ReductionsOf(sizes),
            .. MovementOf(sizes), .. OthersOf(sizes)]).Select(opCase => opCase with { Orders = 0 }),
    ];

    /// <summary>
    /// The 3×3 convolutions of a generator and a discriminator of residual blocks: from 64×64 pixels of 32 channels to 4×4 of 256, and to
    /// and from three colors.
    /// </summary>
    internal static IReadOnlyList<OpCase> OfKernelThree(int batch)
    {
        (int Size, int Inputs, int Outputs)[] layers =
            [(64, 3, 32), (64, 32, 32), (32, 64, 64), (16, 128, 128), (8, 256, 256), (4, 256, 256), (64, 32, 3)];
        return [.. layers.SelectMany(layer => Layer($"{layer.Size}x{layer.Size}, {layer.Inputs} to {layer.Outputs}",
            Square(batch, layer.Size, layer.Size, layer.Inputs, layer.Outputs, 3, 3, 1, 1)))
            .Select(opCase => opCase with { Orders = 0, Tolerance = Tolerance.Tiles(opCase.ProductTerms) })];
    }

    // What a machine is measured by: two large copies, and a large product.

    internal static OpCase LargeCopy(int count) => Copy("copy", new Shape(count));

    internal static OpCase LargeAffine(int count) => Elementwise("affine", In(count), x => x.Affine(2, 0));

    internal static OpCase LargeProduct(int side) => MatrixProduct(0, side, side, side, false, false, "product");

    /// <summary>The three forms of a layer.</summary>
    private static OpCase[] Layer(string name, ConvolutionGeometry geometry, bool transposed = false)
    {
        var forms = Forms(geometry);
        return
        [
            forms[transposed ? 1 : 0] with { Name = $"{name} forward" },
            forms[transposed ? 0 : 1] with { Name = $"{name} input gradient" },
            forms[2] with { Name = $"{name} weight gradient" },
        ];
    }

    private static IEnumerable<OpCase> ConvolutionsOf(StepSizes s)
    {
        // Nobody asks for the gradient of a real image.
        for (var stage = 1; stage <= s.Stages; stage++)
        {
            foreach (var row in Layer($"D conv{stage}", s.Halving(Groups * s.Batch, stage)).Where((_, i) => stage > 1 || i != 1))
                yield return row;
        }

        foreach (var row in Layer("D mix", s.Mix(Groups * s.Batch)).Concat(Layer("D score", s.Score(Groups * s.Batch))))
            yield return row;
        for (var stage = 1; stage <= s.Stages; stage++)
        {
            foreach (var row in Layer($"G deconv{stage}", s.Halving(s.Batch, s.Stages + 1 - stage), transposed: true))
                yield return row;
        }
    }

    private static IEnumerable<OpCase> MatrixProductsOf(StepSizes s)
    {
        var (inputs, outputs) = (s.CodeSize + s.NoiseSize, 4 * 4 * s.Widest);
        yield return MatrixProduct(0, s.Batch, outputs, inputs, false, true, "G project forward");
        yield return MatrixProduct(0, outputs, inputs, s.Batch, true, false, "G project weight gradient");

        // The judge's and the sound classifier's: [batch, 4096] and [batch, 384] to 1024.
        (string, int)[] hidden = [("image classifier hidden", s.ImageSize * s.ImageSize), ("sound classifier hidden", 3 * 8 * 16)];
        foreach (var (layer, k) in hidden)
        {
            yield return MatrixProduct(0, s.Batch, 1024, k, false, true, $"{layer} forward");
            yield return MatrixProduct(0, s.Batch, k, 1024, false, false, $"{layer} input gradient");
            yield return MatrixProduct(0, 1024, k, s.Batch, true, false, $"{layer} weight gradient");
        }

        // Squares of 1024 at a batch of 64; those of a smaller batch are what the plain loops can check.
        var side = 16 * s.Batch;
        yield return MatrixProduct(0, side, side, side, false, false, "square");
        yield return MatrixProduct(0, side, side, side, false, true, "square by transposed");
        yield return MatrixProduct(0, side, side, side, true, false, "transposed by square");
        yield return MatrixProduct(s.Batch, 64, 64, 64, false, false, "many small squares");
    }

    private static IEnumerable<OpCase> BatchNormsOf(StepSizes s)
    {
        static OpCase[] Layer(string name, int groups, double slope, ConvolutionGeometry g)
        {
            var rows = g.Batch * g.OutputHeight * g.OutputWidth;
            var geometry = new BatchNormGeometry(groups, rows, g.OutputChannels, (float)Epsilon, (float)slope);
            return [Statistics($"{name} statistics", geometry), Apply($"{name} apply", geometry), Gradient($"{name} gradient", geometry)];
        }

        return
        [
            .. Enumerable.Range(2, s.Stages - 1).SelectMany(stage => Layer($"D norm{stage}", Groups, Slope, s.Halving(s.Batch, stage))),
            .. Enumerable.Range(1, s.Stages)
                .SelectMany(stage => Layer($"G norm{stage}", 1, 0, s.Halving(s.Batch, s.Stages + 1 - stage))),
        ];
    }

    private static IEnumerable<OpCase> ElementwiseOf(StepSizes s)
    {
        var first = s.Halving(Groups * s.Batch, 1);
        Shape rows = new((int)(first.OutputCount / first.OutputChannels), first.OutputChannels), images = new(s.Pixels * s.Colors);
        Shape all = new((int)first.OutputCount), channels = new(first.OutputChannels), pixels = new(s.Pixels, s.Colors);
        yield return Elementwise("D conv1 bias and LeakyReLU", rows, channels, (x, bias) => x.AddLeakyRelu(bias, Slope));
        yield return Elementwise("D conv1 LeakyReLU gradient", all, all, (g, y) => Tensor.LeakyReluGradient(g, y, Slope));
        yield return Elementwise("sum of two gradients", all, all, (a, b) => a + b);
        yield return Elementwise("G deconv bias", pixels, new Shape(s.Colors), (x, bias) => x + bias);
        yield return Elementwise("G tanh", new OpInput(images), x => x.Tanh());
        yield return Elementwise("G tanh gradient", images, images, (g, y) => Tensor.TanhGradient(g, y));
        yield return Elementwise("loss softplus", In(s.Batch), x => x.Softplus());
        foreach (var (name, draw, kinks, function) in Functions)
            yield return Elementwise(name, new OpInput(images, draw, kinks), function);
        foreach (var (name, _, b, function) in BinaryFunctions)
            yield return Case("elementwise", name, new OpInput(images), new OpInput(images, b), function, Tolerance.Elementwise);
    }

    private static IEnumerable<OpCase> ReductionsOf(StepSizes s)
    {
        static OpCase Rows(string name, int rows, int columns) =>
            Case("reduction", name, In(rows, columns), x => x.Sum([0]), Tolerance.Sum(rows));
        var first = s.Halving(Groups * s.Batch, 1);
        yield return Rows("D conv1 bias gradient", first.Batch * first.OutputHeight * first.OutputWidth, first.OutputChannels);
        yield return Rows("G deconv bias gradient", s.Pixels, s.Colors);
        yield return Rows("loss mean", s.Batch, 1);
    }

    private static IEnumerable<OpCase> MovementOf(StepSizes s)
    {
        var (many, images) = (Groups * s.Batch, new Shape(s.Pixels * s.Colors));
        yield return Copy("copy of real images", images);
        yield return Move("D code over 4x4", In(many, 1, s.CodeSize), x => x.BroadcastTo(new Shape(many, 4 * 4, s.CodeSize)));
        yield return Case("movement", "D features and code", In(many * 4 * 4, s.Widest), In(many * 4 * 4, s.CodeSize),
            (features, code) => Tensor.Concatenate(1, features, code), Tolerance.Exact);
        yield return Case("movement", "augmentation, moved images", In(many, s.ImageSize, s.ImageSize, s.Colors),
            In(many, 2), (x, offsets) => x.Shift(offsets), Tolerance.Exact);
        yield return new OpCase("movement", "zeros for images", [], (device, _) => Tensor.Zeros(device, images), Tolerance.Exact);
    }

    private static IEnumerable<OpCase> OthersOf(StepSizes s)
    {
        yield return Case("softmax", "classes", In(s.Batch, 13), x => x.LogSoftmax(), Tolerance.Sum(13));
        var pooling = new PoolingGeometry(s.Batch, s.ImageSize, s.ImageSize, 16, 2, 2);
        yield return MaxPool("image classifier pool1", pooling);
        yield return MaxPoolScatter("image classifier pool1 gradient", pooling);
        var largest = (int)s.Halving(s.Batch, s.Stages).WeightCount;
        yield return Normal("noise", s.Batch * s.NoiseSize, 40);
        yield return Normal("first weights of the largest layer", largest, 40);
        yield return Adam("largest layer", largest);
        yield return Adam("a norm's scale", s.Widest);
        yield return Adam("all of D", [.. DiscriminatorParameters(s)]);
    }

    /// <summary>How many numbers each parameter of the discriminator has.</summary>
    private static IEnumerable<int> DiscriminatorParameters(StepSizes s)
    {
        for (var stage = 1; stage <= s.Stages; stage++)
        {
            var layer = s.Halving(1, stage);
            yield return (int)layer.WeightCount;
            yield return layer.OutputChannels;
            if (stage > 1)
                yield return layer.OutputChannels;
        }

        yield return (int)s.Mix(1).WeightCount;
        yield return s.Widest;
        yield return s.Widest;
        yield return (int)s.Score(1).WeightCount;
        yield return 1;
    }
}
