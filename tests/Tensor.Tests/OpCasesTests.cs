using CrossModal.Kernels;
using CrossModal.Verification;

namespace CrossModal.Tensors.Tests;

/// <summary>The table itself: that it holds what it promises.</summary>
public sealed class OpCasesTests
{
    [Fact]
    public void NamesAreUnique() => Assert.Equal(OpCases.All.Count, OpCases.All.Select(opCase => opCase.Name).Distinct().Count());

    [Fact]
    public void EveryToleranceHasItsReason() =>
        Assert.All(OpCases.All, opCase => Assert.False(string.IsNullOrWhiteSpace(opCase.Tolerance.Reason)));

    [Fact]
    public void EveryPrimitiveIsExercised()
    {
        using var backend = new CountingBackend();
        using var device = new Device(backend);
        foreach (var opCase in OpCases.All)
        {
            using var scope = new Scope();
            var inputs = opCase.CreateInputs(device, opCase.Orders > 0);
            var output = opCase.Function(device, inputs);
            if (opCase.Orders > 0)
                Tape.Gradients(output.Sum(), inputs.Where(input => input.RequiresGradient).ToArray(), differentiable: opCase.Orders > 1
                    && output.Count < 1000);
            if (opCase.Orders > 0)
                Tape.Gradients(opCase.Function(device, inputs).Sum(), inputs.Where(input => input.RequiresGradient).ToArray());
        }

        // Max pooling gathers only in second derivatives, which the gradient checks run.
        var expected = Enum.GetNames<UnaryOperation>().Select(name => $"Unary {name}")
            .Concat(Enum.GetNames<BinaryOperation>().Select(name => $"Binary {name}"))
            .Concat(Enum.GetNames<ReductionOperation>().Select(name => $"Reduce {name}"))
            .Concat(Enum.GetNames<RandomDistribution>().Select(name => $"Random {name}"))
            .Concat(typeof(Backend).GetMethods().Where(method => method.IsAbstract && method.ReturnType == typeof(void))
                .Select(method => method.Name)
                .Except(["Upload", "Download", "Unary", "Binary", "Reduce", "Random", "MaxPoolGather", "Dispose"]));
        Assert.Empty(expected.Except(backend.Counts.Keys));
    }

    [Fact]
    public void AFailureSaysWhereAndHowMuch()
    {
        using var cpu = Device.Open("cpu", threads: 1);
        using var reference = Device.Open("reference");
        var wrong = OpCases.Named("add [4, 17] [17]") with { Function = (device, x) => device == cpu ? x[0] + x[1] * 1.5 : x[0] + x[1] };
        var result = Selftest.Run(wrong, cpu, reference);
        Assert.False(result.Passed);
        Assert.True(result.ShareOfTolerance > 1000);
        Assert.Contains("add [4, 17] [17]", result.Failure);
        Assert.Contains("value", result.Failure);
        Assert.Contains("the reference has", result.Failure);
        Assert.Contains("times the tolerance", result.Failure);
        Assert.DoesNotContain('\n', result.Failure!);
    }

    [Fact]
    public void AnExceptionIsAFailureOfItsCase()
    {
        using var reference = Device.Open("reference");
        var result = Selftest.Run(OpCases.Named("add [4, 17] [17]") with
        {
            Function = (_, _) =>
            throw new NotSupportedException("not here")
        }, reference, reference);
        Assert.False(result.Passed);
        Assert.Contains("not here", result.Failure);
    }

    [Fact]
    public void NotANumberIsAFailure()
    {
        using var cpu = Device.Open("cpu", threads: 1);
        using var reference = Device.Open("reference");
        var wrong = OpCases.Named("exp [3, 17]") with { Function = (device, x) => device == cpu ? (-x[0].Square()).Sqrt() : x[0] };
        Assert.False(Selftest.Run(wrong, cpu, reference).Passed);
    }

    [Fact]
    public void CostsAreCounted()
    {
        using var device = Device.Open("reference");
        var product = OpCases.Named("matrix product [3, 7] [7, 5]");
        Assert.Equal(2 * 3 * 5 * 7, product.Operations);
        Assert.Equal(4 * (21 + 35 + 15), product.CountBytes(device));
        Assert.Equal(0, device.LiveBytes);
    }
}
