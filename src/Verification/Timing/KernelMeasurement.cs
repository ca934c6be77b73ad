using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>How a case went on a device.</summary>
/// <param name="Case">The case.</param>
/// <param name="Failure">What is wrong with the answer, or what the device said; null when it is right.</param>
/// <param name="ShareOfTolerance">The largest share of the allowed difference that one number used up.</param>
/// <param name="Bytes">Bytes that must move whatever the kernel; 0 where it could not run.</param>
/// <param name="Time">Null where the answer is wrong, or where times mean nothing.</param>
/// <param name="BufferSets">How many sets of arrays the calls took turns in.</param>
internal sealed record KernelResult(OpCase Case, string? Failure, double ShareOfTolerance, long Bytes, KernelTime? Time, int BufferSets);

/// <summary>Checks the answer of a case, then times its kernels.</summary>
internal sealed class KernelMeasurement : IDisposable
{
    /// <summary>
    /// Bytes that the arrays of a call's turns should come to: several times what a GPU or a processor keeps in its caches.
    /// </summary>
    private const long Spread = 256 << 20;

    private const int MaximumSets = 16;

    private readonly Device _device, _judge;

    /// <param name="device">The device to measure; its numbers are compared with those of <c>cpu</c>, and those of <c>cpu</c> with
    /// <c>reference</c>.</param>
    public KernelMeasurement(Device device) => (_device, _judge) = (device, Device.Open(device.Name == "cpu" ? "reference" : "cpu"));

    /// <summary>
    /// Whether answers are compared at the size that is timed. Plain loops would take minutes for that: they judge at one image.
    /// </summary>
    public bool JudgesAtFullSize => _judge.Name == "cpu";

    /// <summary>Checks a case and, if it is right, times it.</summary>
    /// <param name="opCase">At the size to time.</param>
    /// <param name="small">The same at one image.</param>
    /// <param name="time">False checks only.</param>
    public KernelResult Run(OpCase opCase, OpCase small, bool time)
    {
        var comparison = new Comparison(JudgesAtFullSize ? opCase : small, _device);
        KernelResult Result(long bytes, KernelTime? time = null, int sets = 0) =>
            new(opCase, comparison.Failure, comparison.ShareOfTolerance, bytes, time, sets);
        var recorded = new List<RecordedCase>();
        try
        {
            comparison.Run(_judge, gradients: false);
            if (comparison.Failure is null && !JudgesAtFullSize)
                comparison.Failure = new Comparison(opCase, _device).FindUnwritten();
            recorded.Add(new RecordedCase(opCase, _device));
            var bytes = recorded[0].Bytes;
            if (comparison.Failure is not null || !time)
                return Result(bytes);
            var sets = (int)Math.Clamp(Spread / Math.Max(bytes, 1), 1, MaximumSets);
            while (recorded.Count < sets)
                recorded.Add(new RecordedCase(opCase, _device));
            return Result(bytes, KernelTimer.Measure(_device.Backend, sets, i => recorded[i].Run()), sets);
        }
        catch (Exception exception) when (exception is not (BadInputException or OperationCanceledException))
        {
            comparison.Failure = $"{opCase}: {exception.GetType().Name}: {exception.Message}";
            return Result(0);
        }
        finally
        {
            // Each case has other sizes.
            recorded.ForEach(set => set.Dispose());
            _device.Memory.ReleaseCache();
            _judge.Memory.ReleaseCache();
        }
    }

    /// <summary>Closes the judge; the device belongs to the caller.</summary>
    public void Dispose() => _judge.Dispose();
}
