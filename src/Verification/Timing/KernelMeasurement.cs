using CrossModal.Kernels;
using CrossModal.Kernels.Cpu;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>How a case went on a device.</summary>
/// <param name="Failure">What is wrong with the answer, or what the device said; null when it is right.</param>
/// <param name="ShareOfTolerance">The largest share of the allowed difference that one number used up.</param>
/// <param name="Time">Null where the answer is wrong, or where times mean nothing.</param>
/// <param name="BufferSets">How many sets of arrays the calls took turns in.</param>
public sealed record KernelResult(KernelCase Kernel, string? Failure, double ShareOfTolerance, KernelTime? Time, int BufferSets);

/// <summary>Checks a primitive's answer, then times it.</summary>
public sealed class KernelMeasurement : IDisposable
{
    /// <summary>
    /// Bytes that the arrays of a call's turns should come to: several times what a GPU or a processor keeps in its caches.
    /// </summary>
    private const long Spread = 256 << 20;

    private const int MaximumSets = 16;

    private readonly Device _device, _judge;
    private readonly CpuBackend? _own;
    private readonly Backend _drawing;

    /// <param name="device">The device to measure; its numbers are compared with those of <c>cpu</c>, and those of <c>cpu</c> with
    /// <c>reference</c>.</param>
    public KernelMeasurement(Device device)
    {
        _device = device;
        if (device.Name == "cpu")
            (_judge, _drawing) = (Device.Open("reference"), device.Backend);
        else
            (_judge, _drawing) = (Device.Open("cpu"), _own = new CpuBackend());
    }

    /// <summary>
    /// Whether answers are compared at the size that is timed. Plain loops would take minutes for that: they judge at one image.
    /// </summary>
    public bool JudgesAtFullSize => _judge.Name == "cpu";

    /// <param name="kernel">At the size to time.</param>
    /// <param name="small">The same at one image.</param>
    /// <param name="time">False checks only.</param>
    public KernelResult Run(KernelCase kernel, KernelCase small, bool time)
    {
        var share = 0.0;
        try
        {
            var failure = Check(JudgesAtFullSize ? kernel : small, ref share);
            var values = KernelArrays.Draw(_drawing, kernel);
            if (failure is null && !JudgesAtFullSize)
                failure = CheckWritten(kernel, values);
            if (failure is not null || !time)
                return new KernelResult(kernel, failure, share, null, 0);
            var sets = CountSets(kernel);
            return new KernelResult(kernel, null, share, Time(kernel, values, sets), sets);
        }
        catch (Exception exception) when (exception is not (BadInputException or OperationCanceledException))
        {
            return new KernelResult(kernel, $"{kernel.Family} {kernel.Name}: {exception.GetType().Name}: {exception.Message}", share,
                null, 0);
        }
        finally
        {
            // Each case has other sizes.
            _device.Memory.ReleaseCache();
            _judge.Memory.ReleaseCache();
        }
    }

    public void Dispose()
    {
        _judge.Dispose();
        _own?.Dispose();
    }

    private string? Check(KernelCase kernel, ref double share)
    {
        var values = KernelArrays.Draw(_drawing, kernel);
        using var actual = new KernelArrays(_device.Backend, kernel, values);
        using var expected = new KernelArrays(_judge.Backend, kernel, values);
        actual.Run();
        expected.Run();
        var tolerance = kernel.ToleranceIn(_device.Precision);
        foreach (var ((index, found), (_, right)) in actual.ReadOutputs().Zip(expected.ReadOutputs()))
        {
            var failure = Closeness.Check(
                $"{kernel.Family} {kernel.Name}: array {index}", kernel.Shape, found, right, tolerance.Relative, tolerance.Absolute,
                    out var used);
            share = Math.Max(share, used);
            if (failure is not null)
                return failure;
        }

        return null;
    }

    /// <summary>At full size: every output was written, and with a number.</summary>
    private string? CheckWritten(KernelCase kernel, Array[] values)
    {
        using var arrays = new KernelArrays(_device.Backend, kernel, values);
        arrays.Run();
        foreach (var (index, found) in arrays.ReadOutputs())
        {
            if (Array.FindIndex(found, value => !double.IsFinite(value)) is var at and >= 0)
                return $"{kernel.Family} {kernel.Name} of {kernel.Shape}: element {at} of array {index} was not written, or is not finite";
        }

        return null;
    }

    private KernelTime Time(KernelCase kernel, Array[] values, int count)
    {
        var sets = new List<KernelArrays>();
        try
        {
            while (sets.Count < count)
                sets.Add(new KernelArrays(_device.Backend, kernel, values));
            return KernelTimer.Measure(_device.Backend, count, i => sets[i].Run());
        }
        finally
        {
            sets.ForEach(set => set.Dispose());
        }
    }

    private static int CountSets(KernelCase kernel)
    {
        var bytes = kernel.Arrays.Sum(array => array.Count * array.Type.Size());
        return (int)Math.Clamp(Spread / Math.Max(bytes, 1), 1, MaximumSets);
    }
}
