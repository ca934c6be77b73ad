namespace CrossModal.Audio;

/// <summary>
/// Slaney's mel scale: linear to 1000 Hz, logarithmic above. Source: M. Slaney, Auditory Toolbox, Interval Research Technical Report
/// 1998-010.
/// </summary>
internal static class MelScale
{
    private const double LinearStep = 200.0 / 3, BreakFrequency = 1000, BreakMel = BreakFrequency / LinearStep;
    private static readonly double LogStep = Math.Log(6.4) / 27;

    public static double FromHertz(double hertz) =>
        hertz < BreakFrequency ? hertz / LinearStep : BreakMel + Math.Log(hertz / BreakFrequency) / LogStep;

    public static double ToHertz(double mel) =>
        mel < BreakMel ? mel * LinearStep : BreakFrequency * Math.Exp(LogStep * (mel - BreakMel));

    /// <summary>
    /// Triangular filters, row major [<paramref name="mels"/>, window / 2 + 1]: filter m rises from the (m)th to the (m + 1)th of mels + 2
    /// frequencies equally spaced in mel between <paramref name="low"/> and <paramref name="high"/> Hz, falls to the next, and is 1 at its
    /// peak. A filter adds up the powers of its bins; <see cref="LogMelSpectrogram"/> says what that makes of a sine's level.
    /// </summary>
    public static float[] Filters(int mels, int window, int sampleRate, double low, double high)
    {
        var bins = window / 2 + 1;
        var (from, to) = (FromHertz(low), FromHertz(high));
        var edges = new double[mels + 2];
        for (var i = 0; i < edges.Length; i++)
            edges[i] = ToHertz(from + (to - from) * i / (mels + 1));
        var filters = new float[mels * bins];
        for (var m = 0; m < mels; m++)
        {
            var (left, center, right) = (edges[m], edges[m + 1], edges[m + 2]);
            for (var bin = 0; bin < bins; bin++)
            {
                var hertz = (double)bin * sampleRate / window;
                var height = Math.Min((hertz - left) / (center - left), (right - hertz) / (right - center));
                filters[m * bins + bin] = (float)Math.Max(height, 0);
            }
        }

        return filters;
    }
}
