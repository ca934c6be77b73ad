using System.Diagnostics;

namespace CrossModal.Tensors.Verification;

/// <summary>How one op case went on a device.</summary>
/// <param name="LargestError">The largest difference from the reference, in the numbers' own unit.</param>
/// <param name="ShareOfTolerance">The largest share of the allowed difference that one number used up; above 1 the case has failed.</param>
/// <param name="Failure">What is wrong: op, inputs' shapes, index, both values; null when passed.</param>
public sealed record OpCaseResult(string Family, string Name, bool Passed, double LargestError, double ShareOfTolerance, string? Failure, double Milliseconds);

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
                failure = Compare(opCase, expected[i], actual[i], ref error, ref share);
        }
        catch (Exception exception)
        {
            failure = $"{Describe(opCase)}: {exception.GetType().Name}: {exception.Message}";
        }

        return new OpCaseResult(opCase.Family, opCase.Name, failure is null, error, share, failure, watch.Elapsed.TotalMilliseconds);
    }

    /// <summary>The value and the gradients of a case on one device.</summary>
    private static List<(string What, Shape Shape, double[] Values)> Evaluate(OpCase opCase, Device device)
    {
        using var scope = new Scope();
        var inputs = opCase.CreateInputs(device, opCase.Orders > 0);
        var output = opCase.Function(device, inputs);
        List<(string, Shape, double[])> found = [("value", output.Shape, output.ToDoubles())];
        if (opCase.Orders > 0)
        {
            var by = inputs.Where(input => input.RequiresGradient).ToArray();
            var gradients = Tape.Gradients((output * opCase.CreateWeights(device, output.Shape, 0)).Sum(), by);
            found.AddRange(gradients.Select((gradient, i) => ($"gradient by argument {System.Array.IndexOf(inputs, by[i])}", gradient.Shape, gradient.ToDoubles())));
        }

        return found;
    }

    private static string? Compare(OpCase opCase, (string What, Shape Shape, double[] Values) expected, (string What, Shape Shape, double[] Values) actual, ref double error, ref double share)
    {
        if (expected.Shape != actual.Shape)
            return $"{Describe(opCase)}: {expected.What} has the shape {actual.Shape}, the reference's has {expected.Shape}";
        var worst = -1;
        var worstShare = 1.0;
        for (var i = 0; i < expected.Values.Length; i++)
        {
            var difference = expected.Values[i].Equals(actual.Values[i]) ? 0 : Math.Abs(expected.Values[i] - actual.Values[i]);
            var allowed = opCase.Tolerance.Absolute + opCase.Tolerance.Relative * Math.Abs(expected.Values[i]);
            var used = difference == 0 ? 0 : double.IsNaN(difference) ? double.PositiveInfinity : difference / allowed;
            (error, share) = (Math.Max(error, difference), Math.Max(share, used));
            if (used > worstShare)
                (worst, worstShare) = (i, used);
        }

        return worst < 0 ? null : $"{Describe(opCase)}: {expected.What} at {Index(expected.Shape, worst)} is {actual.Values[worst]:g9}, the reference has {expected.Values[worst]:g9}: "
            + $"{worstShare:0.##} times the tolerance ({opCase.Tolerance.Reason})";
    }

    private static string Describe(OpCase opCase) => $"{opCase.Name}, inputs {string.Join(" ", opCase.Inputs.Select(input => input.Shape))}";

    private static string Index(Shape shape, long at) => $"[{string.Join(", ", shape.Strides().Select((stride, axis) => at / stride % shape[axis]))}]";
}
