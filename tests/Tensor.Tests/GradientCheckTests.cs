using CrossModal.Verification;

namespace CrossModal.Tensors.Tests;

/// <summary>The derivatives of every op case, to the order that it has, against differences in float64.</summary>
public sealed class GradientCheckTests
{
    public static TheoryData<string> FirstOrderCases => [.. OpCases.All.Where(opCase => opCase.Orders >= 1).Select(opCase => opCase.Name)];

    public static TheoryData<string> SecondOrderCases => [.. OpCases.All.Where(opCase => opCase.Orders >= 2).Select(opCase => opCase.Name)];

    [Theory]
    [MemberData(nameof(FirstOrderCases))]
    public void FirstOrder(string name) => Assert.Empty(GradientCheck.FirstOrder(OpCases.Named(name)));

    [Theory]
    [MemberData(nameof(SecondOrderCases))]
    public void SecondOrder(string name) => Assert.Empty(GradientCheck.SecondOrder(OpCases.Named(name)));

    /// <summary>A check that lets everything pass would be worth nothing.</summary>
    [Fact]
    public void AWrongDerivativeIsFound()
    {
        var missing = OpCases.Named("exp [3, 17]") with { Function = (_, x) => [x[0] * x[0] * x[0].Detach()] };
        Assert.NotEmpty(GradientCheck.SecondOrder(missing));
        var wrong = OpCases.Named("sin [3, 17]") with { Function = (_, x) => [x[0].Sin() + x[0].Detach() * 1e-3] };
        Assert.NotEmpty(GradientCheck.FirstOrder(wrong));
    }

    [Fact]
    public void AFunctionOfOnesOwn()
    {
        GradientCheck.Verify(x => x[0] * x[0].Sigmoid(), new OpInput(new Shape(3, 17)));
        var error = Assert.Throws<GradientCheckException>(() =>
            GradientCheck.Verify(x => x[0] * x[1].Detach(), new OpInput(new Shape(2)), new OpInput(new Shape(2))));
        Assert.StartsWith("the function: argument 1 [2] element 0: 0 on the tape, ", error.Message);
        Assert.Contains(" more", error.Message);
        Assert.Contains(error.Mismatches, mismatch => mismatch.ShareOfTolerance > 1000);
    }

    /// <summary>A function of tensors that are there already, one that takes a gradient itself: a penalty on a slope.</summary>
    [Fact]
    public void AFunctionByItsTensors()
    {
        using var device = Device.Open("reference");
        using var scope = new Scope();
        double[] before = [0.5, -1, 2, 0.25];
        var (x, weight) = (Tensor.From(device, new Shape(2, 2), [1.0, 2, -1, 3]), Tensor.From(device, new Shape(2, 2), before));
        x.RequiresGradient = true;
        Tensor Penalty() => Tape.Gradients(x.MatrixProduct(weight).Tanh().Sum(), [x], differentiable: true)[0].Square().Sum();
        GradientCheck.Verify(Penalty, weight);
        Assert.Equal(before, weight.ToDoubles());
        Assert.False(weight.RequiresGradient);
        using var cpu = Device.Open("cpu");
        var narrow = Tensor.Zeros(cpu, new Shape(2));
        Assert.Contains("float64", Assert.Throws<ArgumentException>(() => GradientCheck.Verify(() => narrow.Tanh(), narrow)).Message);
    }
}
