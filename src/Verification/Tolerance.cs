using CrossModal.Kernels;

namespace CrossModal.Verification;

/// <summary>How far a device may be from the reference, and why so far.</summary>
/// <param name="Absolute">Allowed whatever the size of the number.</param>
/// <param name="Relative">Allowed besides, for each unit of the number's size.</param>
/// <param name="Reason">Why so much is allowed, for whoever reads a failure.</param>
public readonly record struct Tolerance(double Absolute, double Relative, string Reason)
{
    private const double Rounding = 1.0 / (1 << 24);

    /// <summary>To the bit.</summary>
    public static Tolerance Exact { get; } = new(0, 0, "elements move, nothing is computed");

    /// <summary>For a function of single elements.</summary>
    public static Tolerance Elementwise { get; } = new(1e-6, 2e-6,
        "a few float32 roundings an element, each 6e-8; vectorized functions are a few units in the last place off");

    /// <summary>For sums.</summary>
    /// <param name="terms">The longest sum in the op or in one of its gradients.</param>
    public static Tolerance Sum(long terms) => new(4e-6 + 4 * Rounding * terms, 4e-6,
        $"sums of up to {terms} numbers of order one, in another order than the reference's: each addition rounds a partial sum that grows "
            + $"like the root of their number");

    /// <summary>
    /// For large convolutions of kernel 3, one product each. By F(4×4, 3×3) a number is off by 1e-6 of the results' root mean square, and
    /// at the worst places of a tile nearly by twice that; of hundreds of thousands the largest is seven such deviations.
    /// </summary>
    /// <param name="terms">How many products of numbers of order one a sum has.</param>
    internal static Tolerance Tiles(long terms) => new(1.3e-5 * Math.Sqrt(terms), 4e-6,
        $"sums of {terms} products of order one, made by tiles: F(4×4, 3×3) rounds about five times as much as the plain sum");

    /// <summary>For numbers that are normalized by their mean and variance.</summary>
    /// <param name="terms">How many numbers share a mean.</param>
    public static Tolerance Normalized(long terms) => new(5e-6 + 4 * Rounding * terms, 1e-5,
        $"mean and variance over {terms} numbers are rounded and then divided by: an error in the deviation scales all that follows");

    /// <summary>
    /// This tolerance where results and gradients are stored in bfloat16, beside a reference that stores them so, too. Both round the same
    /// numbers, but a sum that float32 puts on the other side of a boundary falls to the next one, up to 2⁻⁷ of its size away, and what
    /// follows starts from there: four such steps are allowed, and for a small difference of large sums one of a sum's size.
    /// </summary>
    /// <param name="terms">How many products one sum has; 0 where nothing is a product.</param>
    public Tolerance InBFloat16(long terms)
    {
        const double Step = 1.0 / (1 << 7);
        return new Tolerance(Absolute + Step * Math.Sqrt(terms + 1), Relative + 4 * Step, "stored in bfloat16, of eight bits");
    }

    /// <summary>
    /// This tolerance where products round their operands by up to u of their size (2⁻¹¹ in TF32, 2⁻⁸ in bfloat16). A product of two
    /// standard normal numbers is then off by about 0.8 u, a sum of n of them by 0.8 u·√n; seven such deviations are allowed, which is
    /// more than the largest of millions, for each of the products that follow each other.
    /// </summary>
    /// <param name="precision">How operands are rounded.</param>
    /// <param name="terms">How many products one sum has; with 0 nothing is a product, and nothing more is allowed.</param>
    /// <param name="chain">How many products follow each other.</param>
    public Tolerance In(Precision precision, long terms, int chain = 1)
    {
        if (precision == Precision.Float32 || terms == 0)
            return this;
        var rounding = precision == Precision.BFloat16 ? 1.0 / (1 << 8) : 1.0 / (1 << 11);
        return new Tolerance(Absolute + 6 * chain * rounding * Math.Sqrt(terms), Relative + 2 * chain * rounding,
            $"operands rounded by {rounding:0.0e+0}, in sums of {terms}");
    }
}
