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
    public void AMistypedCommandIsRecognised(string typed, string meant) =>
        Assert.Contains($"did you mean {meant}?", Invocation.InProcess(typed).WrongUsage());

    [Fact]
    public void UnknownOptionIsNamedWithItsCommand()
    {
        var line = Invocation.InProcess("devices", "--frobnicate").WrongUsage();
        Assert.Contains("--frobnicate: no such option of crossmodal devices", line);
        Assert.Contains("crossmodal devices --help", line);
    }

    [Fact]
    public void AnUnexpectedWordIsRefused() => Assert.Contains("everything: unexpected", Invocation.InProcess("devices", "everything").WrongUsage());

    [Fact]
    public void TheProcessReturnsWhatTheCommandLineSays()
    {
        var wrong = Invocation.Process("devices", "--frobnicate");
        Assert.Contains("--frobnicate", wrong.WrongUsage());
        var devices = Invocation.Process("devices");
        Assert.Equal(0, devices.ExitCode);
        Assert.Contains("reference", devices.Output);
        Assert.DoesNotContain('\u001b', devices.Output);
    }
}
