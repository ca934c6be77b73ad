using CrossModal.Kernels;
using CrossModal.Verification;

namespace CrossModal.Tensors.Tests;

/// <summary>The table itself: that it holds what it promises.</summary>
public sealed class OpCasesTests
{
    /// <summary>Devices that agree on a NaN would agree with the reference, too: here every number has a value by definition.</summary>
    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    [InlineData("cuda-sim")]
    public void InfinitiesMakeNoNaN(string name)
    {
        if (name == "cuda-sim")
            TestDevices.Require(name);
        using var device = Device.Open(name, threads: 1);
        var cases = OpCases.All.Where(opCase => opCase.Name.Contains("at infinity") || opCase.Name.Contains("masked")).ToArray();
        Assert.True(cases.Length > 15);
        foreach (var opCase in cases)
        {
            using var scope = new Scope();
            foreach (var result in opCase.Function(device, opCase.CreateInputs(device)))
                Assert.True(System.Array.TrueForAll(result.ToDoubles(), value => !double.IsNaN(value)), $"{opCase} on {name}: {result}");
        }
    }

    [Fact]
    public void NamesAreUnique() => Assert.Equal(OpCases.All.Count, OpCases.All.Select(opCase => opCase.Name).Distinct().Count());

    [Fact]
    public void EveryToleranceHasItsReason() =>
        Assert.All(OpCases.All, opCase => Assert.False(string.IsNullOrWhiteSpace(opCase.Tolerance.Reason)));

    /// <summary>Every case, recorded: whatever the engine can do is done by one of them, or by a derivative.</summary>
    [Fact]
    public void EveryPrimitiveIsExercised()
    {
        using var device = Device.Open("reference");
        var found = new HashSet<string>();
        foreach (var opCase in OpCases.All.Concat(OpCases.OfStep(new StepSizes { Batch = 1, Width = 4 })))
        {
            using var scope = new Scope();
            var inputs = opCase.CreateInputs(device, opCase.Orders > 0);
            var by = inputs.Where(input => input.RequiresGradient).ToArray();
            using var captured = device.Capture(() =>
            {
                var output = opCase.Function(device, inputs)[0];
                if (opCase.Orders > 0)
                    Tape.Gradients(output.Sum(), by);
                if (opCase.Orders > 1 && output.Count < 1000)
                    Tape.Gradients(opCase.Function(device, inputs)[0].Sum(), by, differentiable: true);
            });
            found.UnionWith(captured.Primitives);
        }

        // Max pooling gathers only in second derivatives, which the gradient checks run.
        var expected = Enum.GetNames<UnaryOperation>().Select(name => $"Unary {name}")
            .Concat(Enum.GetNames<BinaryOperation>().Select(name => $"Binary {name}"))
            .Concat(Enum.GetNames<ReductionOperation>().Select(name => $"Reduce {name}"))
            .Concat(Enum.GetNames<RandomDistribution>().Select(name => $"Random {name}"))
            .Concat(typeof(Backend).GetMethods().Where(method => method.IsAbstract && method.ReturnType == typeof(void))
                .Select(method => method.Name)
                .Except(["Upload", "Download", "Unary", "Binary", "Reduce", "Random", "MaxPoolGather", "Dispose"]));
        Assert.Empty(expected.Except(found));
    }

    [Fact]
    public void AFailureSaysWhereAndHowMuch()
    {
        using var cpu = Device.Open("cpu", threads: 1);
        using var reference = Device.Open("reference");
        var wrong = OpCases.Named("add [4, 17] [17]") with { Function = (device, x) => [device == cpu ? x[0] + x[1] * 1.5 : x[0] + x[1]] };
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
        OpCaseResult Throwing(Exception exception) => Selftest.Run(
            OpCases.Named("add [4, 17] [17]") with { Function = (_, _) => throw exception }, reference, reference);
        var result = Throwing(new InvalidOperationException("not now"));
        Assert.False(result.Passed);
        Assert.Contains("not now", result.Failure);

        // A device that says that it has no such op is not wrong.
        result = Throwing(new NotSupportedException("not here"));
        Assert.False(result.IsSupported);
        Assert.False(result.Passed);
        Assert.Null(result.Failure);
    }

    /// <summary>A kernel that leaves an element out must not be saved by what the memory held.</summary>
    [Fact]
    public void WhatIsNotWrittenShows()
    {
        using var cpu = Device.Open("cpu", threads: 1);
        using var reference = Device.Open("reference");
        var lazy = OpCases.Named("exp [3, 17]") with
        {
            Orders = 0,
            Function = (device, x) =>
            {
                var y = Tensor.Uninitialized(device, x[0].Shape);
                device.Backend.Unary(UnaryOperation.Exp, x[0].Elements().Slice(0, 50), y.Elements().Slice(0, 50));
                return [device == cpu ? y : x[0].Exp()];
            },
        };
        Assert.Contains("element 50 is NaN", Selftest.Run(lazy, cpu, reference).Failure);
    }

    [Fact]
    public void NotANumberIsAFailure()
    {
        using var cpu = Device.Open("cpu", threads: 1);
        using var reference = Device.Open("reference");
        var wrong = OpCases.Named("exp [3, 17]") with { Function = (device, x) => [device == cpu ? (-x[0].Square()).Sqrt() : x[0]] };
        Assert.False(Selftest.Run(wrong, cpu, reference).Passed);
    }
}
