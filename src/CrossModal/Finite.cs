using CrossModal.Tensors;

namespace CrossModal;

/// <summary>
/// What networks make is looked at before it is drawn, written or counted: a NaN becomes a black picture, and a layer that keeps the larger
/// of two numbers swallows it.
/// </summary>
internal static class Finite
{
    /// <summary>Refuses numbers of which one is NaN or infinite.</summary>
    /// <param name="maker">What made them: "the encoder".</param>
    /// <param name="what">What they are: "codes".</param>
    /// <returns>The numbers.</returns>
    /// <exception cref="NonFiniteException">One is not finite.</exception>
    public static float[] Require(float[] values, string maker, string what)
    {
        var wrong = Array.FindIndex(values, value => !float.IsFinite(value));
        return wrong < 0 ? values : throw Made(maker, what);
    }

    /// <summary>The same of a tensor, of which one number is read back.</summary>
    /// <exception cref="NonFiniteException">One is not finite.</exception>
    public static Tensor Require(Tensor values, string maker, string what)
    {
        using var pause = Tape.Paused();

        // Zero times NaN and zero times infinity are NaN, and so is a sum with one of them.
        return (values * 0f).Sum().Item() == 0 ? values : throw Made(maker, what);
    }

    private static NonFiniteException Made(string maker, string what) => new(
        $"{maker} makes {what} that are not finite: its weights are damaged, or its training diverged; take another checkpoint, or train "
            + "again");
}
