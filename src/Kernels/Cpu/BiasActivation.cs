using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Bias and LeakyReLU over a convolution's outputs while they are in a cache: to the bit what <see cref="BinaryOperation.AddLeakyRelu"/> makes of them afterwards.</summary>
internal readonly unsafe struct BiasActivation(float* bias, float slope)
{
    /// <summary>Leaves the outputs as they are.</summary>
    public static BiasActivation None => default;

    /// <summary>Columns [<paramref name="first"/>, <paramref name="first"/> + <paramref name="columns"/>) of rows of <paramref name="channels"/> numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(float* rows, int count, int channels, int first, int columns)
    {
        if (bias == null)
            return;
        var function = new BinaryOperators.AddLeakyRelu(slope);
        for (var row = 0; row < count; row++)
        {
            float* values = rows + (long)row * channels + first, biases = bias + first;
            var i = 0;
            for (; i + Lanes.Width <= columns; i += Lanes.Width)
                function.Apply(Vector512.Load(values + i), Vector512.Load(biases + i)).Store(values + i);
            if (i < columns)
                Lanes.StorePart(function.Apply(Lanes.LoadPart(values + i, columns - i), Lanes.LoadPart(biases + i, columns - i)), values + i, columns - i);
        }
    }
}
