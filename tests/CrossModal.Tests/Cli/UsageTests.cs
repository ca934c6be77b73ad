namespace CrossModal.Tests.Cli;

public class UsageTests
{
    [Fact]
    public void UnknownCommandNamesTheChoices()
    {
        var line = Invocation.InProcess("frobnicate").WrongUsage();
        Assert.Contains("frobnicate: no such command", line);
        Assert.Contains("devices", line);
        Assert.Contains("crossmodal --help", line);
    }

    [Theory]
    [InlineData("device", "devices")]
    [InlineData("devises", "devices")]
    public void AMistypedCommandIsRecognized(string typed, string meant) =>
        Assert.Contains($"did you mean {meant}?", Invocation.InProcess(typed).WrongUsage());

    [Fact]
    public void UnknownOptionIsNamedWithItsCommand()
    {
        var line = Invocation.InProcess("devices", "--frobnicate").WrongUsage();
        Assert.Contains("--frobnicate: no such option of crossmodal devices", line);
        Assert.Contains("crossmodal devices --help", line);
    }

    [Fact]
    public void AnUnexpectedWordIsRefused() =>
        Assert.Contains("everything: unexpected", Invocation.InProcess("devices", "everything").WrongUsage());

    [Theory]
    [InlineData("--batch", "0", "from 1 to 4096")]
    [InlineData("--batch", "2.5", "from 1 to 4096")]
    [InlineData("--epochs", "0", "from 1 to")]
    [InlineData("--steps", "-1", "at least 1")]
    [InlineData("--pairs", "none", "from 1 to")]
    [InlineData("--seed", "x", "from 0 to")]
    [InlineData("--threads", "9999", "from 0 to 1024")]
    [InlineData("--device", "gpu", "auto, cpu, cuda, cuda-sim, reference")]
    [InlineData("--preset", "better", "quick, paper")]
    [InlineData("--size", "48", "must be one of 32, 64, 128, 256")]
    [InlineData("--data", "", "must not be empty")]
    public void TrainingRefusesABadValueAndSaysWhatIsAllowed(string option, string value, string says)
    {
        var line = Invocation.InProcess("train", "s2i", option, value).WrongUsage();
        Assert.Contains($"{option}", line);
        Assert.Contains(says, line);
        Assert.EndsWith("see crossmodal train s2i --help", line);
    }

    [Fact]
    public void ExcludingOptionsAreNamedBoth()
    {
        Assert.Contains("--epochs and --steps exclude each other", Invocation.InProcess("train", "s2i", "--epochs", "1", "--steps", "2")
            .WrongUsage());
        Assert.Contains("--out and --resume exclude each other", Invocation.InProcess("train", "s2i", "--out", "a", "--resume", "b")
            .WrongUsage());
    }

    [Fact]
    public void AValueThatIsMissingIsNamed() =>
        Assert.Contains("--batch: its value <N> is missing", Invocation.InProcess("train", "s2i", "--batch").WrongUsage());

    [Fact]
    public void AnOptionGivenTwiceIsRefused() =>
        Assert.Contains("--batch: is given 2 times", Invocation.InProcess("train", "s2i", "--batch", "4", "--batch", "8").WrongUsage());

    [Fact]
    public void APictureMustBeAPng() =>
        Assert.Contains("--output p.jpg: must end in .png",
            Invocation.InProcess("generate", "s2i", "--run", "r", "--input", "s.wav", "--output", "p.jpg").WrongUsage());

    [Fact]
    public void GenerateMustBeToldWhatAndWhere() =>
        Assert.Contains("--run <DIR> must be given", Invocation.InProcess("generate", "s2i").WrongUsage());

    [Theory]
    [InlineData("evaluate", "--run", "nowhere")]
    [InlineData("train", "s2i", "--resume", "nowhere")]
    [InlineData("train", "s2i", "--data", "nowhere")]
    [InlineData("train", "image-classifier", "--data", "nowhere")]
    [InlineData("generate", "s2i", "--run", "nowhere", "--input", "s.wav", "--output", "p.png")]
    public void AMissingFolderIsNamedInOneLine(params string[] args) => Assert.Contains("nowhere", Invocation.InProcess(args).Failure());

    [Fact]
    public void TheProcessReturnsWhatTheCommandLineSays()
    {
        var wrong = Invocation.Process(null, "devices", "--frobnicate");
        Assert.Contains("--frobnicate", wrong.WrongUsage());
        var cache = Path.Combine(Path.GetTempPath(), "crossmodal-elsewhere");
        var devices = Invocation.Process(cache, "devices");
        Assert.Contains(cache, devices.Output);
        Assert.Equal(0, devices.ExitCode);
        Assert.Contains("reference", devices.Output);
        Assert.DoesNotContain('\u001b', devices.Output);
    }
}
