using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;

namespace CrossModal.Audio;

/// <summary>
/// Changes the sample rate with a sinc windowed by Kaiser, evaluated as a bank of polyphase filters (Crochiere and Rabiner, "Multirate
/// Digital Signal Processing", 1983). The stop band begins at the lower of the two Nyquist frequencies, the pass band ends at about 91 % of
/// it.
/// </summary>
internal static class Resampler
{
    /// <summary>Zero crossings of the sinc on each side, in periods of the lower rate.</summary>
    private const int ZeroCrossings = 64;

    /// <summary>Stop band attenuation the window is designed for, in dB.</summary>
    private const double Attenuation = 96;

    /// <summary>A bank with one filter for each phase is kept up to this many coefficients; beyond it, phases are interpolated.</summary>
    private const int LargestBank = 1 << 20;

    /// <summary>
    /// Phases in one period of the lower rate when interpolating: the linear interpolation is then wrong by (π/1024)²/8, or -118 dB.
    /// </summary>
    private const int InterpolatedPhases = 1024;

    /// <summary>Lowering the rate by more than this would need filters longer than any recording.</summary>
    private const int LargestDecimation = 4096;

    private const int BanksKept = 8;

    private static readonly ConcurrentDictionary<(int From, int To), Bank> Banks = new();

    /// <summary>Resamples one channel.</summary>
    /// <param name="samples">Amplitudes at <paramref name="fromRate"/>; what lies before and after them counts as silence.</param>
    /// <param name="fromRate">Samples per second of the input, at least 1.</param>
    /// <param name="toRate">Samples per second of the output, at least 1.</param>
    /// <returns>round(n · to / from) amplitudes, the first at the same instant as the first of the input.</returns>
    public static float[] Resample(ReadOnlySpan<float> samples, int fromRate, int toRate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fromRate, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(toRate, 1);
        if (fromRate / toRate > LargestDecimation)
            throw new ArgumentOutOfRangeException(nameof(toRate), $"{fromRate} Hz is more than {LargestDecimation} times {toRate} Hz");
        if (fromRate == toRate)
            return samples.ToArray();

        var length = (long)Math.Round((decimal)samples.Length * toRate / fromRate, MidpointRounding.AwayFromZero);
        if (length > Array.MaxLength)
            throw new ArgumentException($"{samples.Length} samples at {fromRate} Hz are too many to be brought to {toRate} Hz");

        var bank = BankFor(fromRate, toRate);
        var output = new float[length];
        var padded = new float[samples.Length + 2 * bank.HalfWidth + 1];
        samples.CopyTo(padded.AsSpan(bank.HalfWidth - 1));
        for (var i = 0; i < output.Length; i++)
        {
            var position = i * bank.Step;
            var first = (int)(position / bank.Interpolation);
            var fraction = position % bank.Interpolation;

            // The last output may stand half a step behind the last input; everything there is silence.
            if (first >= samples.Length + 1)
                break;
            var window = padded.AsSpan(first, bank.Taps);
            if (bank.Exact)
            {
                output[i] = Dot(window, bank.Row((int)fraction));
                continue;
            }

            var phase = (double)fraction / bank.Interpolation * bank.Phases;
            var below = (int)phase;
            var weight = (float)(phase - below);
            var low = Dot(window, bank.Row(below));
            output[i] = low + weight * (Dot(window, bank.Row(below + 1)) - low);
        }

        return output;
    }

    private static Bank BankFor(int fromRate, int toRate)
    {
        if (Banks.TryGetValue((fromRate, toRate), out var kept))
            return kept;
        if (Banks.Count >= BanksKept)
            Banks.Clear();
        return Banks.GetOrAdd((fromRate, toRate), static rates => new Bank(rates.From, rates.To));
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var va = MemoryMarshal.Cast<float, Vector<float>>(a);
        var vb = MemoryMarshal.Cast<float, Vector<float>>(b);
        var sum = Vector<float>.Zero;
        for (var i = 0; i < va.Length; i++)
            sum += va[i] * vb[i];
        var total = Vector.Sum(sum);
        for (var i = va.Length * Vector<float>.Count; i < a.Length; i++)
            total += a[i] * b[i];
        return total;
    }

    /// <summary>The filters of one ratio of rates: row p is for outputs that lie p / phases behind an input sample.</summary>
    private sealed class Bank
    {
        private readonly float[] _coefficients;

        public Bank(int fromRate, int toRate)
        {
            var divisor = (int)BigInteger.GreatestCommonDivisor(fromRate, toRate);
            Interpolation = toRate / divisor;
            Step = fromRate / divisor;
            var decimation = Math.Max(1.0, (double)fromRate / toRate);
            HalfWidth = (int)Math.Ceiling(ZeroCrossings * decimation);
            Taps = 2 * HalfWidth;
            Exact = (long)Interpolation * Taps <= LargestBank;
            Phases = Exact ? Interpolation : (int)Math.Ceiling(InterpolatedPhases / decimation);

            // Kaiser's design formulas: J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", 1974.
            var beta = 0.1102 * (Attenuation - 8.7);
            var transition = (Attenuation - 7.95) / (14.36 * 2 * ZeroCrossings);
            var cutoff = (0.5 - transition / 2) / decimation;

            var rows = Exact ? Phases : Phases + 1;
            _coefficients = new float[(long)rows * Taps];
            var row = new double[Taps];
            for (var phase = 0; phase < rows; phase++)
            {
                var sum = 0.0;
                for (var tap = 0; tap < Taps; tap++)
                {
                    var x = tap - (HalfWidth - 1) - (double)phase / Phases;
                    var edge = x / HalfWidth;
                    var window = Math.Abs(edge) >= 1 ? 0 : BesselI0(beta * Math.Sqrt(1 - edge * edge));
                    row[tap] = Sinc(2 * cutoff * x) * window;
                    sum += row[tap];
                }

                // Every phase passes a constant unchanged, so a constant gains no ripple.
                for (var tap = 0; tap < Taps; tap++)
                    _coefficients[phase * Taps + tap] = (float)(row[tap] / sum);
            }
        }

        /// <summary>Output samples for every <see cref="Step"/> input samples, in lowest terms.</summary>
        public int Interpolation { get; }

        public long Step { get; }

        public int HalfWidth { get; }

        public int Taps { get; }

        public int Phases { get; }

        /// <summary>True where every phase that occurs has a row of its own.</summary>
        public bool Exact { get; }

        public ReadOnlySpan<float> Row(int phase) => _coefficients.AsSpan(phase * Taps, Taps);

        private static double Sinc(double x) => Math.Abs(x) < 1e-12 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);

        /// <summary>The modified Bessel function of the first kind and order zero, by its power series.</summary>
        private static double BesselI0(double x)
        {
            double sum = 1, term = 1;
            for (var k = 1; term > 1e-17 * sum; k++)
            {
                var half = x / (2 * k);
                term *= half * half;
                sum += term;
            }

            return sum;
        }
    }
}
