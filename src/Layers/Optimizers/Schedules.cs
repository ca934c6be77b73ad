namespace CrossModal.Layers;

/// <summary>
/// The factor that the learning rate is multiplied by at a step (or epoch), counted from 0: a pure function, so that a resumed run needs
/// nothing but the count.
/// </summary>
public delegate double Schedule(long step);

/// <summary>How a learning rate changes over a training.</summary>
public static class Schedules
{
    /// <summary>Always 1.</summary>
    public static Schedule Constant { get; } = _ => 1;

    /// <summary>Half as much after every <paramref name="steps"/>.</summary>
    public static Schedule HalveEvery(long steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return step => Math.Pow(0.5, step / steps);
    }

    /// <summary>
    /// From 1 along half a cosine to <paramref name="floor"/> at <paramref name="steps"/>, where it stays (Loshchilov and Hutter 2017,
    /// without restarts).
    /// </summary>
    public static Schedule Cosine(long steps, double floor = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return step => floor + (1 - floor) * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(step, steps) / steps));
    }

    /// <summary>
    /// Rises in a straight line to 1, which is reached at step <paramref name="steps"/> − 1, and multiplies <paramref name="then"/>, which
    /// counts from the start as well.
    /// </summary>
    public static Schedule WarmUp(long steps, Schedule? then = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return step => Math.Min(1, (step + 1.0) / steps) * (then?.Invoke(step) ?? 1);
    }
}
