using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Verification;

namespace CrossModal.Benchmarks;

/// <summary>
/// The primitives that training sound to image is made of, each at its size: the discriminator's on real, wrong and fake images together,
/// the generator's on one batch. The generator's transposed convolutions are the discriminator's convolutions turned round, so its rows
/// also stand for the discriminator's in the generator's step.
/// </summary>
public static class StepKernels
{
    /// <summary>Real, wrong and fake.</summary>
    private const int Groups = 3;

    private const int Kernel = 4, Classes = 13;
    private const float Epsilon = 1e-5f, Slope = 0.2f;

    public static IReadOnlyList<KernelCase> Of(ModelConfiguration model, int batch) =>
    [
        .. Convolutions(model, batch), .. MatrixProducts(model, batch), .. BatchNorms(model, batch), .. Elementwise(model, batch),
        .. Reductions(model, batch), .. Movement(model, batch), .. Others(model, batch),
    ];

    private static IEnumerable<KernelCase> Convolutions(ModelConfiguration model, int batch)
    {
        for (var stage = 1; stage <= model.Stages; stage++)
        {
            var layer = $"D conv{stage}";
            var geometry = Halving(model, Groups * batch, stage);
            yield return KernelCases.Convolution($"{layer} forward", geometry);
            if (stage > 1)
                yield return KernelCases.ConvolutionInputGradient($"{layer} input gradient", geometry);
            yield return KernelCases.ConvolutionWeightGradient($"{layer} weight gradient", geometry);
        }

        foreach (var (layer, geometry) in new[] { ("D mix", Mix(model, Groups * batch)), ("D score", Score(model, Groups * batch)) })
        {
            yield return KernelCases.Convolution($"{layer} forward", geometry);
            yield return KernelCases.ConvolutionInputGradient($"{layer} input gradient", geometry);
            yield return KernelCases.ConvolutionWeightGradient($"{layer} weight gradient", geometry);
        }

        for (var stage = 1; stage <= model.Stages; stage++)
        {
            var layer = $"G deconv{stage}";
            var geometry = Halving(model, batch, model.Stages + 1 - stage);
            yield return KernelCases.ConvolutionInputGradient($"{layer} forward", geometry);
            yield return KernelCases.Convolution($"{layer} input gradient", geometry);
            yield return KernelCases.ConvolutionWeightGradient($"{layer} weight gradient", geometry);
        }
    }

    private static IEnumerable<KernelCase> MatrixProducts(ModelConfiguration model, int batch)
    {
        var (inputs, outputs) = (model.CodeSize + model.NoiseSize, 4 * 4 * Widest(model));
        yield return KernelCases.MatrixProduct("G project forward", new MatrixProductGeometry(1, batch, outputs, inputs, false, true));
        yield return KernelCases.MatrixProduct("G project weight gradient",
            new MatrixProductGeometry(1, outputs, inputs, batch, true, false));

        // The judge's and the sound classifier's: [batch, 4096] and [batch, 384] to 1024.
        foreach (var (layer, k) in new[] { ("image classifier hidden", model.ImageSize * model.ImageSize),
            ("sound classifier hidden", 3 * 8 * 16) })
        {
            yield return KernelCases.MatrixProduct($"{layer} forward", new MatrixProductGeometry(1, batch, 1024, k, false, true));
            yield return KernelCases.MatrixProduct($"{layer} input gradient", new MatrixProductGeometry(1, batch, k, 1024, false, false));
            yield return KernelCases.MatrixProduct($"{layer} weight gradient", new MatrixProductGeometry(1, 1024, k, batch, true, false));
        }
    }

    private static IEnumerable<KernelCase> BatchNorms(ModelConfiguration model, int batch)
    {
        for (var stage = 2; stage <= model.Stages; stage++)
        {
            var g = Halving(model, batch, stage);
            var geometry = new BatchNormGeometry(Groups, batch * g.OutputHeight * g.OutputWidth, g.OutputChannels, Epsilon, Slope);
            foreach (var row in Forms($"D norm{stage}", geometry))
                yield return row;
        }

        for (var stage = 1; stage <= model.Stages; stage++)
        {
            var g = Halving(model, batch, model.Stages + 1 - stage);
            foreach (var row in Forms($"G norm{stage}",
                new BatchNormGeometry(1, batch * g.OutputHeight * g.OutputWidth, g.OutputChannels, Epsilon, 0)))
                yield return row;
        }

        static IEnumerable<KernelCase> Forms(string layer, BatchNormGeometry geometry) =>
        [
            KernelCases.BatchNormStatistics($"{layer} statistics", geometry),
            KernelCases.BatchNormApply($"{layer} apply", geometry),
            KernelCases.BatchNormGradient($"{layer} gradient", geometry),
        ];
    }

    private static IEnumerable<KernelCase> Elementwise(ModelConfiguration model, int batch)
    {
        var first = Halving(model, Groups * batch, 1);
        var (pixels, count) = (first.Batch * first.OutputHeight * first.OutputWidth, (int)first.OutputCount);
        var images = batch * model.ImageSize * model.ImageSize;
        yield return KernelCases.AddLeakyRelu("D conv1 bias and LeakyReLU", pixels, first.OutputChannels, Slope);
        yield return KernelCases.Binary("D conv1 LeakyReLU gradient", BinaryOperation.LeakyReluGradient, count, Slope);
        yield return KernelCases.Binary("sum of two gradients", BinaryOperation.Add, count);
        yield return KernelCases.AddBias("G deconv bias", images, ModelConfiguration.Colors);
        yield return KernelCases.Unary("G tanh", UnaryOperation.Tanh, images * ModelConfiguration.Colors);
        yield return KernelCases.Binary("G tanh gradient", BinaryOperation.TanhGradient, images * ModelConfiguration.Colors);
        yield return KernelCases.Unary("loss softplus", UnaryOperation.Softplus, batch);
    }

    private static IEnumerable<KernelCase> Reductions(ModelConfiguration model, int batch)
    {
        var first = Halving(model, Groups * batch, 1);
        var pixels = first.Batch * first.OutputHeight * first.OutputWidth;
        yield return KernelCases.Sum("D conv1 bias gradient", new ReductionGeometry(1, pixels, first.OutputChannels));
        yield return KernelCases.Sum("G deconv bias gradient",
            new ReductionGeometry(1, batch * model.ImageSize * model.ImageSize, ModelConfiguration.Colors));
        yield return KernelCases.Sum("loss mean", new ReductionGeometry(1, batch, 1));
    }

    private static IEnumerable<KernelCase> Movement(ModelConfiguration model, int batch)
    {
        var images = batch * model.ImageSize * model.ImageSize * ModelConfiguration.Colors;
        yield return KernelCases.Copy("copy of real images", images);
        yield return KernelCases.Tile("D code over 4x4", Groups * batch, 4 * 4, model.CodeSize);
        yield return KernelCases.Concatenate("D features and code", Groups * batch * 4 * 4, Widest(model), model.CodeSize);
        yield return KernelCases.Shift("augmentation, moved images",
            new ShiftGeometry(Groups * batch, model.ImageSize, model.ImageSize, ModelConfiguration.Colors));
        yield return KernelCases.Fill("zeros for images", images);
    }

    private static IEnumerable<KernelCase> Others(ModelConfiguration model, int batch)
    {
        yield return KernelCases.LogSoftmax("classes", batch, Classes);
        var pooling = new PoolingGeometry(batch, model.ImageSize, model.ImageSize, 16, 2, 2);
        yield return KernelCases.MaxPool("image classifier pool1", pooling);
        yield return KernelCases.MaxPoolScatter("image classifier pool1 gradient", pooling);
        yield return KernelCases.Normal("noise", (long)batch * model.NoiseSize);
        var largest = Halving(model, batch, model.Stages).WeightCount;
        yield return KernelCases.Normal("first weights of the largest layer", largest);
        yield return KernelCases.Adam("largest layer", largest);
        yield return KernelCases.Adam("a norm's scale", Widest(model));
        yield return KernelCases.AdamAll("all of D", [.. DiscriminatorParameters(model)]);
    }

    /// <summary>How many numbers each parameter of the discriminator has.</summary>
    private static IEnumerable<long> DiscriminatorParameters(ModelConfiguration model)
    {
        for (var stage = 1; stage <= model.Stages; stage++)
        {
            var layer = Halving(model, 1, stage);
            yield return layer.WeightCount;
            yield return layer.OutputChannels;
            if (stage > 1)
                yield return layer.OutputChannels;
        }

        yield return Mix(model, 1).WeightCount;
        yield return Widest(model);
        yield return Widest(model);
        yield return Score(model, 1).WeightCount;
        yield return 1;
    }

    /// <summary>The convolution of the discriminator's stage, from 1, that halves the image.</summary>
    private static ConvolutionGeometry Halving(ModelConfiguration model, int images, int stage)
    {
        var size = model.ImageSize >> (stage - 1);
        var inputs = stage == 1 ? ModelConfiguration.Colors : model.Width << (stage - 2);
        return new ConvolutionGeometry(images, size, size, inputs, model.Width << (stage - 1), Kernel, Kernel, 2, 2, 1, 1);
    }

    private static ConvolutionGeometry Mix(ModelConfiguration model, int images) =>
        new(images, 4, 4, Widest(model) + model.CodeSize, Widest(model), 1, 1);

    private static ConvolutionGeometry Score(ModelConfiguration model, int images) => new(images, 4, 4, Widest(model), 1, Kernel, Kernel);

    private static int Widest(ModelConfiguration model) => model.Width << (model.Stages - 1);
}
