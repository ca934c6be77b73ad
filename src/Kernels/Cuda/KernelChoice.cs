namespace CrossModal.Kernels.Cuda;

/// <summary>
/// The ways to compute one primitive: hand-written versions and a library's. Each computes output from two arrays for a shape.
/// </summary>
internal interface IKernelCandidates<TShape> where TShape : struct, IEquatable<TShape>
{
    /// <summary>
    /// What the primitive and the mode are called where choices are remembered; whatever changes the set of candidates or what they compute
    /// is part of it.
    /// </summary>
    string Name { get; }

    /// <summary>The candidates' names, best known first: of equally fast ones the first is chosen.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>The candidate to take where nothing may be measured.</summary>
    int Default(in TShape shape);

    /// <summary>Launches a candidate. False, with nothing launched, when it does not do this shape or these arrays.</summary>
    /// <exception cref="CudaException">The launch was refused.</exception>
    bool Run(int candidate, in TShape shape, DeviceArray first, DeviceArray second, DeviceArray output);

    /// <summary>The same only to be timed, again and again: nothing but the output may tell afterwards.</summary>
    bool Try(int candidate, in TShape shape, DeviceArray first, DeviceArray second, DeviceArray output) =>
        Run(candidate, shape, first, second, output);
}

/// <summary>Says how long a launch takes on the device.</summary>
internal interface IKernelTimer
{
    /// <summary>False on a device whose times mean nothing.</summary>
    bool Measures { get; }

    /// <summary>
    /// Whether times are a GPU's own. Only there are libraries called, can a version be checked before it competes, and is a choice worth
    /// keeping for the next process.
    /// </summary>
    bool OnDevice { get; }

    /// <summary>True while the stream is captured into a graph: nothing runs then, so nothing can be timed.</summary>
    bool Capturing { get; set; }

    /// <summary>Milliseconds of one launch; NaN when <paramref name="launch"/> answers that nothing was launched.</summary>
    double Milliseconds(Func<bool> launch);
}

/// <summary>
/// Chooses among the ways to compute a primitive by measuring them once for each shape. A choice is remembered for the process and, in a
/// file, for the next one: the ways differ in the order in which they add, so a program that chose anew each time would not give the same
/// bits twice.
/// </summary>
internal sealed class KernelChoice<TShape>(IKernelCandidates<TShape> candidates, IKernelTimer timer, KernelChoiceFile file)
    where TShape : struct, IEquatable<TShape>
{
    private readonly Dictionary<(TShape Shape, bool Aligned, string Besides), int> _chosen = [];

    /// <summary>Computes output from the two arrays in the way chosen for this shape; measures first when the shape is new.</summary>
    /// <param name="besides">What is asked for beside the output, where the fastest way may be another for that; else empty.</param>
    /// <returns>The name of who computed it.</returns>
    public string Run(in TShape shape, DeviceArray first, DeviceArray second, DeviceArray output, string besides = "")
    {
        // A kernel that loads four numbers at once is of no use to a slice that begins in between, so such arrays are a case of their own.
        var aligned = ((first.Address | second.Address | output.Address) & 15) == 0;
        if (!_chosen.TryGetValue((shape, aligned, besides), out var candidate))
            candidate = Choose(shape, aligned, besides, first, second, output);
        if (candidates.Run(candidate, shape, first, second, output))
            return candidates.Names[candidate];

        // The remembered one may depend on more than the shape; somebody does every shape.
        for (var other = 0; other < candidates.Names.Count; other++)
            if (other != candidate && candidates.Run(other, shape, first, second, output))
                return candidates.Names[other];
        throw new CudaException($"{candidates.Name}: none of {string.Join(", ", candidates.Names)} computes {shape}");
    }

    private int Choose(TShape shape, bool aligned, string besides, DeviceArray first, DeviceArray second, DeviceArray output)
    {
        if (!timer.Measures)
            return _chosen[(shape, aligned, besides)] = candidates.Default(shape);
        var key = $"{candidates.Name} {shape}{(aligned ? "" : " unaligned")}{besides}";
        var chosen = file.Find(key) is { } name ? IndexOf(name) : -1;
        if (chosen < 0)
        {
            if (timer.Capturing)
                return candidates.Default(shape);
            chosen = Measure(key, shape, first, second, output);
        }

        return _chosen[(shape, aligned, besides)] = chosen;
    }

    private int Measure(string key, TShape shape, DeviceArray first, DeviceArray second, DeviceArray output)
    {
        var times = new double[candidates.Names.Count];
        for (var candidate = 0; candidate < times.Length; candidate++)
            times[candidate] = Time(candidate, shape, first, second, output);
        var fastest = Fastest(times);
        if (fastest < 0)
            return candidates.Default(shape);
        file.Remember(key, candidates.Names[fastest], candidates.Names, times);
        return fastest;
    }

    private double Time(int candidate, TShape shape, DeviceArray first, DeviceArray second, DeviceArray output)
    {
        try
        {
            return timer.Milliseconds(() => candidates.Try(candidate, shape, first, second, output));
        }
        catch (Exception error) when (error is CudaException or DeviceOutOfMemoryException)
        {
            // A version that this card or this library does not know, or a workspace that does not fit: the others remain.
            return double.NaN;
        }
    }

    private static int Fastest(double[] times)
    {
        var fastest = -1;
        for (var candidate = 0; candidate < times.Length; candidate++)
            if (times[candidate] >= 0 && (fastest < 0 || times[candidate] < times[fastest]))
                fastest = candidate;
        return fastest;
    }

    private int IndexOf(string name)
    {
        for (var candidate = 0; candidate < candidates.Names.Count; candidate++)
            if (candidates.Names[candidate] == name)
                return candidate;
        return -1;
    }
}
