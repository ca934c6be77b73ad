using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Cuda.Profiling;

/// <summary>
/// Times a launch by the model: what it does is counted at once, as in a capture, and the card's time for that is taken for measured. So a
/// profile is of the versions that measuring would choose if the model were right.
/// </summary>
/// <param name="modelled">Told how many candidates have a time, and what the one at hand launches.</param>
internal sealed class ModelTimer(CountingDriver driver, CompilerResources resources, GpuCard card, Action<int, string> modelled)
    : IKernelTimer
{
    private int _count;

    /// <inheritdoc/>
    public bool Measures => true;

    /// <inheritdoc/>
    public bool OnDevice => false;

    /// <inheritdoc/>
    public bool Capturing { get; set; }

    /// <inheritdoc/>
    public double Milliseconds(Func<bool> launch)
    {
        if (driver.Count(launch) is not { Count: > 0 } nodes)
            return double.NaN;
        modelled(++_count, nodes[0].Launch?.Kernel ?? "");
        return LaunchModel.Of(nodes, resources.Of, card).Sum(time => time.TotalMicroseconds) / 1000;
    }
}
