using System.Diagnostics;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>How one op case went on a device.</summary>
/// <param name="LargestError">The largest difference from the reference, in the numbers' own unit.</param>
/// <param name="ShareOfTolerance">The largest share of the allowed difference that one number used up; above 1 the case has failed.</param>
/// <param name="Failure">What is wrong: op, inputs' shapes, index, both values; null when passed.</param>
public sealed record OpCaseResult(string Family, string Name, bool Passed, double LargestError, double ShareOfTolerance, string? Failure,
    double Milliseconds);

/// <summary>Every op case on a device against <c>reference</c>: the value, and by a random contraction of it the gradients.</summary>
public static class Selftest
{
    /// <summary>Runs the whole table; <paramref name="report"/> is called after each case.</summary>
    /// <returns>How many cases failed.</returns>
    public static int Run(Device device, Action<OpCaseResult> report)
    {
        using var reference = Device.Open("reference");
        var failures = 0;
        foreach (var opCase in OpCases.All)
        {
            var result = Run(opCase, device, reference);
            failures += result.Passed ? 0 : 1;
            report(result);
        }

        return failures;
    }

    /// <summary>Runs one case. What the device throws is a failure of the case, not of the run.</summary>
    public static OpCaseResult Run(OpCase opCase, Device device, Device reference)
    {
        var watch = Stopwatch.StartNew();
        var (error, share) = (0.0, 0.0);
        string? failure = null;
        try
        {
            var expected = Evaluate(opCase, reference);
            var actual = Evaluate(opCase, device);
            for (var i = 0; i < expected.Count && failure is null; i++)
                failure = Compare(opCase, opCase.ToleranceIn(device.Precision), expected[i], actual[i], ref error, ref share);
        }
        catch (Exception exception)
        {
            failure = $"{opCase.Name} of {Shapes(opCase)}: {exception.GetType().Name}: {exception.Message}";
        }

        return new OpCaseResult(opCase.Family, opCase.Name, failure is null, error, share, failure, watch.Elapsed.TotalMilliseconds);
    }

    /// <summary>The value and the gradients of a case on one device.</summary>
    private static List<Found> Evaluate(OpCase opCase, Device device)
    {
        using var scope = new Scope();
        var inputs = opCase.CreateInputs(device, opCase.Orders > 0);
        var output = opCase.Function(device, inputs);
        List<Found> found = [new("value", output.Shape, output.ToDoubles())];
        if (opCase.Orders > 0)
        {
            var by = inputs.Where(input => input.RequiresGradient).ToArray();
            var gradients = Tape.Gradients((output * opCase.CreateWeights(device, output.Shape, 0)).Sum(), by);
            found.AddRange(gradients.Select((gradient, i) =>
                new Found($"gradient by argument {System.Array.IndexOf(inputs, by[i])}", gradient.Shape, gradient.ToDoubles())));
        }

        return found;
    }

    private static string? Compare(OpCase opCase, Tolerance tolerance, Found expected, Found actual, ref double error, ref double share)
    {
        if (expected.Shape != actual.Shape)
            return $"{opCase.Name}: {expected.What} has the shape {actual.Shape}, the reference's has {expected.Shape}";
        foreach (var (a, b) in expected.Values.Zip(actual.Values))
            error = Math.Max(error, Math.Abs(a - b));
        var failure = Closeness.Check($"{opCase.Name}: {expected.What}", Shapes(opCase), actual.Values, expected.Values, tolerance.Relative,
            tolerance.Absolute, out var used);
        share = Math.Max(share, used);
        return failure is null ? null : $"{failure}; allowed because of {tolerance.Reason}";
    }

    private static string Shapes(OpCase opCase) => string.Join(" and ", opCase.Inputs.Select(input => input.Shape));

    private readonly record struct Found(string What, Shape Shape, double[] Values);
}
