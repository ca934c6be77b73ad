using System.Diagnostics;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>How one op case went on a device.</summary>
/// <param name="Case">The case.</param>
/// <param name="IsSupported">Whether the device has such an op at all; where it says that it has not, nothing is wrong.</param>
/// <param name="LargestError">The largest difference from the reference, in the numbers' own unit.</param>
/// <param name="ShareOfTolerance">The largest share of the allowed difference that one number used up; above 1 the case has failed.</param>
/// <param name="Failure">What is wrong: op, inputs' shapes, index, both values; null when nothing is.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record OpCaseResult(OpCase Case, bool IsSupported, double LargestError, double ShareOfTolerance, string? Failure,
    double Milliseconds)
{
    /// <summary>Whether the device has the op and computes it as it should.</summary>
    public bool Passed => IsSupported && Failure is null;
}

/// <summary>Op cases on a device beside <c>reference</c>: the results, and by a random contraction of the first its gradients.</summary>
public static class Selftest
{
    /// <summary>Runs cases, one after the other, and calls <paramref name="report"/> after each.</summary>
    /// <param name="device">The device to try.</param>
    /// <param name="cases">Those of <see cref="OpCases.All"/>, or of ops of your own.</param>
    /// <param name="report">Told how each case went.</param>
    /// <returns>How many cases failed.</returns>
    public static int Run(Device device, IEnumerable<OpCase> cases, Action<OpCaseResult> report)
    {
        using var reference = OpenReference(device);
        var failures = 0;
        foreach (var opCase in cases)
        {
            var result = Run(opCase, device, reference);
            failures += result.Failure is null ? 0 : 1;
            report(result);
        }

        return failures;
    }

    /// <summary>The reference for a device: in bfloat16 where the device's activations are, else in float64.</summary>
    public static Device OpenReference(Device device) => Device.Open(new DeviceSettings("reference")
    {
        Precision = device.ActivationType == ElementType.BFloat16 ? Precision.BFloat16 : null
    });

    /// <summary>Runs one case. What the device throws is a failure of the case, not of the run.</summary>
    public static OpCaseResult Run(OpCase opCase, Device device, Device reference)
    {
        var start = Stopwatch.GetTimestamp();
        var comparison = new Comparison(opCase, device);
        var supported = true;
        try
        {
            comparison.Run(reference, gradients: opCase.Orders > 0);
        }
        catch (NotSupportedException)
        {
            supported = false;
        }
        catch (Exception exception)
        {
            comparison.Failure = $"{opCase.Name} of {opCase.Shapes}: {exception.GetType().Name}: {exception.Message}";
        }

        return new OpCaseResult(opCase, supported, comparison.LargestError, comparison.ShareOfTolerance, comparison.Failure,
            Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }
}

/// <summary>A case on two devices.</summary>
internal sealed class Comparison(OpCase opCase, Device device)
{
    public double LargestError { get; private set; }

    public double ShareOfTolerance { get; private set; }

    public string? Failure { get; set; }

    /// <summary>Compares all results, and with <paramref name="gradients"/> those of the first result, with the judge's.</summary>
    public void Run(Device judge, bool gradients)
    {
        var expected = Evaluate(judge, gradients);
        var actual = Evaluate(device, gradients);
        for (var i = 0; i < expected.Count && Failure is null; i++)
            Compare(expected[i], actual[i]);
    }

    /// <summary>The first element of a result that was not written, or not with a number; null if there is none.</summary>
    public string? FindUnwritten()
    {
        foreach (var found in Evaluate(device, gradients: false))
        {
            if (Array.FindIndex(found.Values, value => !double.IsFinite(value)) is var at and >= 0)
                return $"{opCase.Name} of {opCase.Shapes}: element {at} of {found.What} was not written, or is not finite";
        }

        return null;
    }

    /// <summary>The results and gradients on one device, whose new tensors hold NaN until they are written.</summary>
    private List<Found> Evaluate(Device on, bool gradients)
    {
        using var scope = new Scope();
        on.MarksNewTensors = true;
        try
        {
            var inputs = opCase.CreateInputs(on, gradients);
            var outputs = opCase.Function(on, opCase.AsActivations(on, inputs));
            var found = outputs.Select((output, i) =>
                new Found(outputs.Length == 1 ? "value" : $"value {i}", output.Shape, Read(output))).ToList();
            if (gradients)
            {
                var by = inputs.Where(input => input.RequiresGradient).ToArray();
                var slopes = Tape.Gradients((outputs[0] * OpCase.Weights(opCase.Name, outputs[0])).Sum(), by);
                found.AddRange(slopes.Select((slope, i) =>
                    new Found($"gradient by argument {Array.IndexOf(inputs, by[i])}", slope.Shape, slope.ToDoubles())));
            }

            return found;
        }
        finally
        {
            on.MarksNewTensors = false;
        }
    }

    private void Compare(Found expected, Found actual)
    {
        if (expected.Shape != actual.Shape)
        {
            Failure = $"{opCase.Name}: {expected.What} has the shape {actual.Shape}, the reference's has {expected.Shape}";
            return;
        }

        foreach (var (a, b) in expected.Values.Zip(actual.Values))
            LargestError = Math.Max(LargestError, Math.Abs(a - b));
        var tolerance = opCase.InActivations(device)
            ? opCase.Tolerance.InBFloat16(opCase.ProductTerms)
            : opCase.Tolerance.In(device.Precision, opCase.ProductTerms, opCase.ProductChain);
        var failure = Closeness.Check($"{opCase.Name}: {expected.What}", opCase.Shapes, actual.Values, expected.Values, tolerance.Relative,
            tolerance.Absolute, out var used);
        ShareOfTolerance = Math.Max(ShareOfTolerance, used);
        Failure = failure is null ? null : $"{failure}; allowed because of {tolerance.Reason}";
    }

    /// <summary>Numbers of any type; an integer that was not written is NaN too.</summary>
    private static double[] Read(Tensor tensor)
    {
        if (tensor.Type == ElementType.Int32)
            return Array.ConvertAll(tensor.ToInts(), value => value == int.MinValue ? double.NaN : value);
        if (tensor.Type != ElementType.Int64)
            return tensor.ToDoubles();
        var values = new long[tensor.Count];
        tensor.Read(values);
        return Array.ConvertAll(values, value => value == int.MinValue ? double.NaN : (double)value);
    }

    private readonly record struct Found(string What, Shape Shape, double[] Values);
}
