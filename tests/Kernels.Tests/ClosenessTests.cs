namespace CrossModal.Kernels.Tests;

public class ClosenessTests
{
    [Fact]
    public void AgreementUsesAShareOfTheTolerance()
    {
        Assert.Null(Closeness.Check("Add", "[2]", [1.0, 2.01], [1.0, 2.0], 0, 0.02, out var share));
        Assert.Equal(0.5, share, 1e-9);
    }

    [Fact]
    public void AFailureNamesOpShapesIndexAndBothValues()
    {
        var failure = Closeness.Check("Add", "[1, 3]", [1.0, 2.5, 3.0], [1.0, 2.0, 3.0], 0, 0.1);
        Assert.NotNull(failure);
        foreach (var part in new[] { "Add", "[1, 3]", "element 1", "2.5", "has 2;", "5 times", "1 of 3" })
            Assert.Contains(part, failure);
    }

    [Theory]
    [InlineData(double.NaN, double.NaN, true)]
    [InlineData(double.NaN, 1, false)]
    [InlineData(1, double.NaN, false)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, true)]
    [InlineData(double.PositiveInfinity, double.NegativeInfinity, false)]
    [InlineData(1e300, double.PositiveInfinity, false)]
    public void OnlyTheSameNaNAndInfinityAgree(double actual, double expected, bool agree) =>
        Assert.Equal(agree, Closeness.Check("Exp", "[1]", [actual], [expected], 1e-6, 1e-6) == null);

    [Fact]
    public void AMissingElementIsAFailure() => Assert.Contains("1 elements", Closeness.Check("Add", "[2]", [1.0], [1.0, 2.0], 1, 1));
}
