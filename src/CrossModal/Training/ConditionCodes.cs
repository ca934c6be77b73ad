using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>The codes of the sounds (or images) of one split that samples are made from, and what their classes are.</summary>
internal sealed record ConditionCodes(int Count, int CodeSize, float[] Values, int[] Classes, string[] Names)
{
    /// <summary>Examples that are encoded together.</summary>
    private const int AtOnce = 64;

    /// <summary>Added to a deviation: a number of the code that hardly changes within a class is not worth much.</summary>
    private const double LeastDeviation = 0.02;

    /// <summary>
    /// Which recording each was cut from, a number of its own for each class and song: neighboring windows overlap, so an interval must be
    /// drawn over songs. Empty where nothing is known.
    /// </summary>
    public int[] Songs { get; init; } = [];

    /// <summary>The codes of chosen examples, in the order given, computed outside any gradient.</summary>
    /// <param name="size">Numbers of a code.</param>
    /// <param name="encode">Examples [batch, …] to codes [batch, size].</param>
    /// <param name="chosen">Null for all.</param>
    /// <exception cref="NonFiniteException">A code is not finite.</exception>
    internal static ConditionCodes Of(Device device, ExampleSet examples, int size, Func<Tensor, Tensor> encode,
        IReadOnlyList<int>? chosen = null)
    {
        chosen ??= [.. Enumerable.Range(0, examples.Count)];
        var length = (int)examples.Shape.Count;
        var (values, input) = (new float[chosen.Count * size], new float[AtOnce * length]);
        using var pause = Tape.Paused();
        for (var first = 0; first < chosen.Count; first += AtOnce)
        {
            using var scope = new Scope();
            var count = Math.Min(AtOnce, chosen.Count - first);
            for (var i = 0; i < count; i++)
                examples.Read(chosen[first + i], input.AsSpan(i * length, length));
            encode(Tensor.From(device, new Shape([count, .. examples.Shape.Extents]), input.AsSpan(0, count * length)))
                .Read(values.AsSpan(first * size, count * size));
        }

        Finite.Require(values, "the encoder", "codes");
        return new ConditionCodes(chosen.Count, size, values, [.. chosen.Select(examples.Label)], [.. chosen.Select(examples.Name)])
        {
            Songs = examples.Song is { } song ? [.. chosen.Select(i => SongNumber(examples.Label(i), song(i)))] : [],
        };
    }

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
    public IReadOnlyList<int> Spread(int most) => Spread(Count, most);

    /// <summary>Every so many-th of the numbers below <paramref name="count"/>, at most <paramref name="most"/>.</summary>
    internal static int[] Spread(int count, int most) =>
        count <= most ? [.. Enumerable.Range(0, count)] : [.. Enumerable.Range(0, most).Select(i => (int)((long)i * count / most))];
}
