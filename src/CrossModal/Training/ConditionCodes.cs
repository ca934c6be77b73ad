namespace CrossModal.Training;

/// <summary>The codes of the sounds (or images) of one split that samples are made from, and what their classes are.</summary>
internal sealed record ConditionCodes(int Count, int CodeSize, float[] Values, int[] Classes, string[] Names)
{
    /// <summary>Added to a deviation: a number of the code that hardly changes within a class is not worth much.</summary>
    private const double LeastDeviation = 0.02;

    /// <summary>
    /// Which recording each was cut from, a number of its own for each class and song: neighboring windows overlap, so an interval must be
    /// drawn over songs. Empty where nothing is known.
    /// </summary>
    public int[] Songs { get; init; } = [];

    /// <summary>
    /// The number of a song: its own is unique within its class only, and a hundred thousand songs of one class are more than anybody has.
    /// </summary>
    public static int SongNumber(int label, int song) => label * 100_000 + song;

    /// <summary>
    /// What the codes say beside their class: how far each number lies from its mean over the class, in deviations there; rows as in
    /// <see cref="Values"/>.
    /// </summary>
    public float[] WithinClasses()
    {
        var result = new float[Values.Length];
        foreach (var members in Enumerable.Range(0, Count).GroupBy(i => Classes[i]).Select(members => members.ToArray()))
        {
            for (var k = 0; k < CodeSize; k++)
            {
                var mean = members.Average(i => (double)Values[i * CodeSize + k]);
                var deviation = Math.Sqrt(members.Average(i => Math.Pow(Values[i * CodeSize + k] - mean, 2))) + LeastDeviation;
                foreach (var i in members)
                    result[i * CodeSize + k] = (float)((Values[i * CodeSize + k] - mean) / deviation);
            }
        }

        return result;
    }

    public ReadOnlySpan<float> Row(int i) => Values.AsSpan(i * CodeSize, CodeSize);

    /// <summary>Every so many-th of them, at most <paramref name="most"/>.</summary>
    public IReadOnlyList<int> Spread(int most) =>
        Count <= most ? [.. Enumerable.Range(0, Count)] : [.. Enumerable.Range(0, most).Select(i => (int)((long)i * Count / most))];
}
