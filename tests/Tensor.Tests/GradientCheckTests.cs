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
        var wrong = OpCases.Named("sin [3, 17]") with { Function = (_, x) => x[0].Sin() + x[0].Detach() * 1e-3 };
        Assert.NotEmpty(GradientCheck.FirstOrder(wrong));
        Assert.NotEmpty(GradientCheck.SecondOrder(OpCases.Named("exp [3, 17]") with { Function = (_, x) => x[0] * x[0] * x[0].Detach() }));
    }
}
