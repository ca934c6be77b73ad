using CrossModal.Cli;
using CrossModal.Kernels;

namespace CrossModal.Tests.Cli;

public class FailureTests
{
    [Fact]
    public void BadInputIsItsOwnMessage()
    {
        var (code, text) = Report(new BadInputException("x.wav: no WAV file; give a .wav file"));
        Assert.Equal(1, code);
        Assert.Equal("error: x.wav: no WAV file; give a .wav file", text);
    }

    [Fact]
    public void AMessageOfSeveralLinesBecomesOne()
    {
        var (_, text) = Report(new IOException("disk\r\n  on fire\n"));
        Assert.Equal("error: disk on fire", text);
    }

    [Fact]
    public void OurOwnMistakesAreCalledInternalAndSayHowToSeeMore()
    {
        var (code, text) = Report(new InvalidOperationException("count is odd"));
        Assert.Equal(1, code);
        Assert.Equal("error: internal: InvalidOperationException: count is odd (set CROSSMODAL_TRACE=1 for the stack trace)", text);
    }

    [Fact]
    public void ACancelledJobWasStopped()
    {
        var (code, text) = Report(new OperationCanceledException());
        Assert.Equal(130, code);
        Assert.Equal("stopped", text);
    }

    [Fact]
    public void AnErrorOfManyThreadsIsThatOfTheOne() =>
        Assert.Equal("error: no room", Report(new AggregateException(new BadInputException("no room"))).Text);

    /// <summary>What a library cannot know: the option of the program that helps.</summary>
    [Theory]
    [InlineData(DeviceProblem.OutOfMemory, null, "it; try a smaller --batch")]
    [InlineData(DeviceProblem.Unavailable, null, "it; or use --device cpu")]
    [InlineData(DeviceProblem.Lost, null, "it: run the same with --device cuda-sim")]
    [InlineData(DeviceProblem.Unsupported, "Name", "--device it")]
    [InlineData(DeviceProblem.Unsupported, "Precision", "--precision: it; leave --precision out, take bf16, or --device cuda or cuda-sim")]
    [InlineData(DeviceProblem.Unsupported, "MatrixProducts", "--gemm library: it; leave the option out")]
    [InlineData(DeviceProblem.Unsupported, "Convolutions", "--conv library: it; leave the option out")]
    [InlineData(DeviceProblem.Failure, null, "it")]
    public void ADeviceThatFailsBringsTheRemedyOfTheProgram(DeviceProblem problem, string? setting, string text) =>
        Assert.Equal((1, $"error: {text}"), Report(new DeviceException("it", problem) { Setting = setting }));

    private static (int Code, string Text) Report(Exception exception)
    {
        var error = new StringWriter();
        var code = Failure.Report(exception, error);
        return (code, error.ToString().TrimEnd());
    }
}
