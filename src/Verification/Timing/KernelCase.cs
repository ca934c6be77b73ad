using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>What a primitive does with an array.</summary>
public enum ArrayRole
{
    Input,

    /// <summary>Written in full; it holds NaN before, so that an element that was left out shows.</summary>
    Output,

    /// <summary>Read and written.</summary>
    Both,
}

/// <summary>What an input holds at first.</summary>
public enum ArrayContent
{
    /// <summary>Standard normal numbers.</summary>
    Normal,

    /// <summary>Uniform numbers in (0.3, 2): variances and second moments.</summary>
    Positive,

    /// <summary><see cref="KernelArray.Value"/> everywhere.</summary>
    Constant,
}

/// <summary>One array that a primitive is given.</summary>
public readonly record struct KernelArray(
    long Count, ArrayRole Role = ArrayRole.Input, ArrayContent Content = ArrayContent.Normal, double Value = 0,
        ElementType Type = ElementType.Float32);

/// <summary>Whose provider a case depends on: <see cref="KernelProvider"/>.</summary>
public enum ProductKind
{
    None,
    MatrixProduct,
    Convolution,
}

/// <summary>One primitive of <see cref="Backend"/> at one size: its arrays, the call, and what it costs at least.</summary>
/// <param name="Family">The kernels' file: convolution, batch_norm, …</param>
/// <param name="Name">Which of the family, for whom.</param>
/// <param name="Shape">The sizes, for the reader.</param>
/// <param name="Run">The call, on arrays in the order of <paramref name="Arrays"/>.</param>
/// <param name="Tolerance">How far two float32 devices may be apart.</param>
public sealed record KernelCase(string Family, string Name, string Shape, KernelArray[] Arrays, Action<Backend, DeviceArray[]> Run,
    Tolerance Tolerance)
{
    /// <summary>
    /// Bytes that must move whatever the kernel: each input read once, each output written once, unless an algorithm needs more (which the
    /// case then says).
    /// </summary>
    public long Bytes { get; init; } = Arrays.Sum(array => array.Count * array.Type.Size() * (array.Role == ArrayRole.Both ? 2 : 1));

    /// <summary>
    /// Floating-point operations of a product or convolution, a multiplication and an addition counted as two; 0 where moving bytes is the
    /// work.
    /// </summary>
    public long Operations { get; init; }

    public ProductKind Product { get; init; }

    /// <summary>Products that one output sums.</summary>
    public long Terms { get; init; }

    /// <summary>
    /// Makes an input out of others, on the device that draws them: indices of a pooling, say. Outputs hold normal numbers there.
    /// </summary>
    public Action<Backend, DeviceArray[]>? Prepare { get; init; }

    /// <summary>
    /// What is allowed where products round their operands, each by up to u of its size (2⁻¹¹ in TF32, 2⁻⁸ in bfloat16): a product of two
    /// standard normal numbers is then off by about 0.6 u, a sum of n of them by 0.6 u·√n, and the largest of millions by six such
    /// deviations.
    /// </summary>
    public Tolerance ToleranceIn(Precision precision)
    {
        if (precision == Precision.Float32 || Product == ProductKind.None)
            return Tolerance;
        var rounding = precision == Precision.BFloat16 ? 1.0 / (1 << 8) : 1.0 / (1 << 11);
        return new Tolerance(
            Tolerance.Absolute + 6 * rounding * Math.Sqrt(Terms), Tolerance.Relative + 2 * rounding,
            $"operands rounded by {rounding:0.0e+0}, in sums of {Terms}");
    }
}
