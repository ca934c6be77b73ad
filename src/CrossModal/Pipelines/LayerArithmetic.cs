using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>One step of a kernel along an axis.</summary>
/// <param name="Input">Row or column of the input; outside of it where the kernel hangs over the edge, and there the input is 0.</param>
/// <param name="Kernel">The row or column of the kernel that meets it.</param>
internal readonly record struct KernelStep(int Input, int Kernel);

/// <summary>What one channel of the input gave to a sum.</summary>
/// <param name="Inputs">The numbers of the input that reach the output: one for each step down and step across, row by row.</param>
/// <param name="Weights">The weight that each is multiplied with.</param>
/// <param name="Sum">Of the products.</param>
internal sealed record ChannelProducts(int Channel, double[] Inputs, double[] Weights, double Sum);

/// <summary>The sum of products inside a number.</summary>
/// <param name="Rows">Steps of the kernel down the input.</param>
/// <param name="Columns">Steps across it.</param>
/// <param name="Largest">The channels that gave most, first the largest by magnitude.</param>
/// <param name="Others">How many more channels there are.</param>
/// <param name="OthersSum">What these gave together.</param>
/// <param name="Sum">Of all products.</param>
/// <param name="Bias">Null where the layer has none.</param>
internal sealed record SumOfProducts(IReadOnlyList<KernelStep> Rows, IReadOnlyList<KernelStep> Columns,
    IReadOnlyList<ChannelProducts> Largest, int Others, double OthersSum, double Sum, double? Bias);

/// <summary>A number that batch normalization made: (input − mean) / √(variance + ε) · scale + shift.</summary>
internal sealed record NormalizedNumber(double Input, double Mean, double Variance, double Epsilon, double Scale, double Shift);

/// <summary>
/// The arithmetic that made one number of a layer's output, computed again in float64 from the layer's recorded input and its weights.
/// </summary>
/// <param name="Shown">The number as the layer itself made it, in float32.</param>
/// <param name="Result">The number as it follows from the rest.</param>
/// <param name="BeforeActivation">What the activation was given.</param>
/// <param name="Activation">Its name; null where the layer has none.</param>
/// <param name="Products">For a layer with a weight.</param>
/// <param name="Normalized">For batch normalization.</param>
internal sealed record LayerArithmetic(float Shown, double Result, double BeforeActivation, string? Activation, SumOfProducts? Products,
    NormalizedNumber? Normalized)
{
    /// <summary>Channels that are listed by themselves.</summary>
    private const int MostChannels = 12;

    /// <summary>The arithmetic of a number.</summary>
    /// <param name="layer">The layer that made it, not in training.</param>
    /// <param name="seen">What the layer was given and made.</param>
    /// <param name="row">0 for a layer that makes a list of numbers, as <paramref name="column"/>.</param>
    /// <param name="channel">Of the output: the last axis.</param>
    /// <exception cref="BadInputException">The output has no such place.</exception>
    public static LayerArithmetic Of(Module layer, LayerOutput seen, int row, int column, int channel)
    {
        var (height, width, channels) = Extents(seen.Shape);
        if (row < 0 || column < 0 || channel < 0 || row >= height || column >= width || channel >= channels)
        {
            throw new BadInputException($"{seen.Name} made {height} × {width} × {channels} numbers, counted from 0; there is none in row "
                + $"{row}, column {column}, channel {channel}");
        }

        using var pause = Tape.Paused();
        using var scope = new Scope();
        var shown = seen.Values[(row * width + column) * channels + channel];
        if (layer is BatchNorm norm)
        {
            var number = new NormalizedNumber(seen.Input[(row * width + column) * channels + channel], At(norm.RunningMean, channel),
                At(norm.RunningVariance, channel), norm.Epsilon, At(norm.Scale, channel), At(norm.Shift, channel));
            return Finish(shown, norm.Activation, null, number,
                (number.Input - number.Mean) / Math.Sqrt(number.Variance + number.Epsilon) * number.Scale + number.Shift);
        }

        var products = layer switch
        {
            Convolution2d convolution => Convolved(convolution, seen, row, column, channel),
            ConvolutionTransposed2d transposed => Spread(transposed, seen, row, column, channel),
            Linear linear => Weighed(linear, seen, (row * width + column) * channels + channel),
            _ => throw new BadInputException($"{seen.Name} is no layer whose arithmetic can be shown"),
        };
        return Finish(shown, ((WeightedLayer)layer).Activation, products, null, products.Sum + (products.Bias ?? 0));
    }

    private static LayerArithmetic Finish(float shown, Activation activation, SumOfProducts? products, NormalizedNumber? normalized,
        double before) => new(shown, activation.Apply(before), before, activation == default ? null : activation.ToString(),
        products, normalized);

    /// <summary>The kernel lies over the input, its first row at row · stride − padding.</summary>
    private static SumOfProducts Convolved(Convolution2d layer, LayerOutput seen, int row, int column, int channel)
    {
        var weight = layer.InferenceWeight();
        var (kernel, inputs, options) = (weight.Shape[1], weight.Shape[3], layer.Options);
        var values = weight.Slice(0, channel, 1).ToArray();
        return Sum(seen, Steps(row), Steps(column), (input, down, across) => values[(down * kernel + across) * inputs + input],
            layer.Bias, channel);

        KernelStep[] Steps(int output) => [.. Enumerable.Range(0, kernel).Select(tap =>
            new KernelStep(output * options.Stride - options.Padding + tap * options.Dilation, tap))];
    }

    /// <summary>
    /// Each number of the input is spread over the output as a kernel that begins at row · stride − padding: an output is reached by those
    /// inputs alone that stand a whole number of strides before it, and each with another place of the kernel.
    /// </summary>
    private static SumOfProducts Spread(ConvolutionTransposed2d layer, LayerOutput seen, int row, int column, int channel)
    {
        var weight = layer.InferenceWeight();
        var (kernel, options) = (weight.Shape[1], layer.Options);
        var (height, width, _) = Extents(seen.InputShape);
        var values = weight.Slice(3, channel, 1).ToArray();
        return Sum(seen, Steps(row, height), Steps(column, width),
            (input, down, across) => values[(input * kernel + down) * kernel + across], layer.Bias, channel);

        KernelStep[] Steps(int output, int extent) => [.. Enumerable.Range(0, kernel)
            .Select(tap => (Tap: tap, Distance: output + options.Padding - tap * options.Dilation))
            .Where(step => step.Distance >= 0 && step.Distance % options.Stride == 0 && step.Distance / options.Stride < extent)
            .Select(step => new KernelStep(step.Distance / options.Stride, step.Tap)).OrderBy(step => step.Input)];
    }

    /// <summary>Every input meets a weight of its own; where the inputs are an image, so are the weights.</summary>
    private static SumOfProducts Weighed(Linear layer, LayerOutput seen, int output)
    {
        var weight = layer.InferenceWeight();
        var (height, width, inputs) = Extents(layer.InputImage ?? [weight.Shape[1]]);
        var values = weight.Slice(0, output, 1).ToArray();
        return Sum(seen with { InputShape = [height, width, inputs] }, Steps(height), Steps(width),
            (input, down, across) => values[(down * width + across) * inputs + input], layer.Bias, output);

        static KernelStep[] Steps(int extent) => [.. Enumerable.Range(0, extent).Select(place => new KernelStep(place, place))];
    }

    private static SumOfProducts Sum(LayerOutput seen, KernelStep[] rows, KernelStep[] columns, Func<int, int, int, float> weight,
        Tensor? bias, int output)
    {
        var (height, width, channels) = Extents(seen.InputShape);
        var all = Enumerable.Range(0, channels).Select(Products).OrderByDescending(one => Math.Abs(one.Sum)).ToList();
        var others = all.Skip(MostChannels).ToList();
        return new SumOfProducts(rows, columns, [.. all.Take(MostChannels)], others.Count, others.Sum(one => one.Sum),
            all.Sum(one => one.Sum), bias is null ? null : At(bias, output));

        ChannelProducts Products(int channel)
        {
            var (inputs, weights) = (new double[rows.Length * columns.Length], new double[rows.Length * columns.Length]);
            var (sum, i) = (0.0, 0);
            foreach (var down in rows)
            {
                foreach (var across in columns)
                {
                    var inside = down.Input >= 0 && down.Input < height && across.Input >= 0 && across.Input < width;
                    inputs[i] = inside ? seen.Input[(down.Input * width + across.Input) * channels + channel] : 0;
                    weights[i] = weight(channel, down.Kernel, across.Kernel);
                    sum += inputs[i] * weights[i++];
                }
            }

            return new ChannelProducts(channel, inputs, weights, sum);
        }
    }

    private static double At(Tensor vector, int i) => vector.Slice(0, i, 1).ToArray()[0];

    /// <summary>[height, width, channels] as it is, and a list of numbers as an image of one pixel.</summary>
    private static (int Height, int Width, int Channels) Extents(Shape shape) =>
        shape.Rank == 3 ? (shape[0], shape[1], shape[2]) : (1, 1, (int)shape.Count);
}
