namespace CrossModal.Imaging;

/// <summary>A range of numbers with ticks at 1, 2 or 5 times a power of ten.</summary>
internal sealed class Axis
{
    private readonly double _low, _high, _step;

    private readonly bool _percent;

    private Axis(double low, double high, double step, bool percent)
    {
        (_low, _high, _step, _percent) = (low, high, step, percent);
        var first = (long)Math.Ceiling(low / step - 1e-9);
        var last = (long)Math.Floor(high / step + 1e-9);
        Ticks = [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
    }

    /// <summary>From 0 to 100 per cent.</summary>
    public static Axis Shares { get; } = new(0, 1, 0.2, percent: true);

    public double[] Ticks { get; }

    /// <summary>
    /// An axis that holds all finite <paramref name="values"/>; with <paramref name="wholeTicks"/> it begins and ends at a tick. Between
    /// whole numbers, epochs say, there are no ticks.
    /// </summary>
    public static Axis Over(IEnumerable<double> values, int ticks, bool wholeTicks)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        var whole = true;
        foreach (var value in values.Where(double.IsFinite))
            (low, high, whole) = (Math.Min(low, value), Math.Max(high, value), whole && value == Math.Floor(value));
        if (low > high)
            (low, high, whole) = (0, 1, false);
        if (high - low <= 1e-9 * Math.Max(Math.Abs(low), Math.Abs(high)) || high == low)
            (low, high) = (low - 0.5 * Math.Max(1e-9, Math.Abs(low)), high + 0.5 * Math.Max(1e-9, Math.Abs(high)));

        var rough = (high - low) / ticks;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
        if (whole && high - low >= 1)
            step = Math.Max(step, 1);
        return wholeTicks
            ? new Axis(Math.Floor(low / step + 1e-9) * step, Math.Ceiling(high / step - 1e-9) * step, step, percent: false)
            : new Axis(low, high, step, percent: false);
    }

    /// <summary>Where <paramref name="value"/> lies: 0 at the low end, 1 at the high end.</summary>
    public float Share(double value) => (float)((value - _low) / (_high - _low));

    public string Text(double tick)
    {
        if (_percent)
            return $"{100 * tick:F0} %";
        var size = Math.Max(Math.Abs(_low), Math.Abs(_high));
        if (size is >= 1e6 or < 1e-3)
            return tick == 0 ? "0" : tick.ToString("0.##E+0");
        var decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(_step) - 1e-9), 0, 9);
        return (Math.Abs(tick) < _step / 2 ? 0 : tick).ToString($"F{decimals}");
    }
}
