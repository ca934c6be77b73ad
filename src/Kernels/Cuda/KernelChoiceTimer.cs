namespace CrossModal.Kernels.Cuda;

/// <summary>
/// Times a launch by events in the backend's stream: after a warm-up, which may compile or plan something, the median of
/// <see cref="Samples"/> stretches of equal launches. A stretch lasts about a millisecond, so that the events' own half microsecond and the
/// first launch's start do not count.
/// </summary>
internal sealed class KernelChoiceTimer(ICudaDriver driver, nint stream) : IKernelTimer
{
    private const int Samples = 5, MostLaunches = 20;

    /// <inheritdoc/>
    public bool Capturing { get; set; }

    /// <inheritdoc/>
    /// <remarks>The simulator's time says nothing about a GPU.</remarks>
    public bool Measures => OnDevice;

    /// <inheritdoc/>
    public bool OnDevice { get; } = driver.DeviceName == "cuda";

    public double Milliseconds(Func<bool> launch)
    {
        if (!launch())
            return double.NaN;
        nint start = 0, end = 0;
        try
        {
            (start, end) = (driver.CreateEvent(), driver.CreateEvent());
            var launches = (int)Math.Clamp(1 / Math.Max(Stretch(launch, 1, start, end), 1e-3), 1, MostLaunches);
            var samples = new double[Samples];
            for (var sample = 0; sample < Samples; sample++)
                samples[sample] = Stretch(launch, launches, start, end) / launches;
            Array.Sort(samples);
            return samples[Samples / 2];
        }
        finally
        {
            if (start != 0)
                driver.DestroyEvent(start);
            if (end != 0)
                driver.DestroyEvent(end);
        }
    }

    private double Stretch(Func<bool> launch, int launches, nint start, nint end)
    {
        driver.RecordEvent(start, stream);
        for (var i = 0; i < launches; i++)
            launch();
        driver.RecordEvent(end, stream);
        driver.WaitForEvent(end);
        return driver.ElapsedMilliseconds(start, end);
    }
}
