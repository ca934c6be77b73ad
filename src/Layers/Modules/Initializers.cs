using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>How many numbers flow into one output of a layer and how many outputs one input flows into.</summary>
public readonly record struct Fan(double In, double Out);

/// <summary>Draws the first value of a parameter of the given shape.</summary>
public delegate Tensor Initializer(RandomStream random, Shape shape, Fan fan);

/// <summary>
/// First values of parameters. All draw on the device from a counted stream, in the order in which the layers are made: a seed gives the
/// same weights on every device, to the rounding of its floats.
/// </summary>
public static class Initializers
{
    /// <summary>The same number everywhere.</summary>
    public static Initializer Constant(double value) => (random, shape, _) => Tensor.Full(random.Device, shape, value);

    /// <summary>Normal; deviation 0.02 is what DCGAN (Radford et al. 2016) and GAN-CLS (Reed et al. 2016) start from.</summary>
    public static Initializer Normal(double deviation = 0.02, double mean = 0) =>
        (random, shape, _) => random.Normal(shape, mean, deviation);

    /// <summary>Uniform between <paramref name="low"/> and <paramref name="high"/>.</summary>
    public static Initializer Uniform(double low, double high) => (random, shape, _) => random.Uniform(shape, low, high);

    /// <summary>Uniform within ±1/√(fan in): what PyTorch gives its linear and convolution layers.</summary>
    public static Initializer FanIn { get; } = (random, shape, fan) => random.Uniform(shape, -1 / Math.Sqrt(fan.In), 1 / Math.Sqrt(fan.In));

    /// <summary>
    /// He et al. 2015 (Kaiming): normal with variance 2 / ((1 + slope²) · fan in), which keeps the variance through a (leaky) ReLU behind
    /// the layer.
    /// </summary>
    public static Initializer HeNormal(double slope = 0) => (random, shape, fan) => random.Normal(shape, 0, HeDeviation(slope, fan));

    /// <summary>The same variance as <see cref="HeNormal"/>, drawn uniformly.</summary>
    public static Initializer HeUniform(double slope = 0) => (random, shape, fan) => Symmetric(random, shape, HeDeviation(slope, fan));

    /// <summary>Glorot and Bengio 2010 (Xavier): normal with variance gain² · 2 / (fan in + fan out).</summary>
    public static Initializer XavierNormal(double gain = 1) =>
        (random, shape, fan) => random.Normal(shape, 0, gain * Math.Sqrt(2 / (fan.In + fan.Out)));

    /// <summary>The same variance as <see cref="XavierNormal"/>, drawn uniformly.</summary>
    public static Initializer XavierUniform(double gain = 1) =>
        (random, shape, fan) => Symmetric(random, shape, gain * Math.Sqrt(2 / (fan.In + fan.Out)));

    private static double HeDeviation(double slope, Fan fan) => Math.Sqrt(2 / ((1 + slope * slope) * fan.In));

    /// <summary>Uniform with mean 0 and the given deviation: within ±√3 deviations.</summary>
    private static Tensor Symmetric(RandomStream random, Shape shape, double deviation) =>
        random.Uniform(shape, -Math.Sqrt(3) * deviation, Math.Sqrt(3) * deviation);
}
