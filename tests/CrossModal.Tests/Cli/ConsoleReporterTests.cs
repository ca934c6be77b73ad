using CrossModal.Cli;
using Spectre.Console;

namespace CrossModal.Tests.Cli;

public class ConsoleReporterTests
{
    private readonly StringWriter _output = new();
    private readonly ManualTime _time = new();

    private string[] Lines => _output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void AMomentaryStageLeavesNothing()
    {
        using (var stage = Plain().Stage("reading", 10, "files"))
        {
            _time.Advance(1.9);
            stage.Report(10);
        }

        _time.Advance(10);
        Assert.Empty(Lines);
    }

    [Fact]
    public void ALongStageSaysStartProgressAndEnd()
    {
        using (var stage = Plain().Stage("training", 100, "steps"))
        {
            for (var step = 1; step <= 100; step++)
            {
                _time.Advance(0.5);
                stage.Report(step, $"loss {step}");
            }
        }

        Assert.Equal(
            [
                "training: 100 steps",
                "training: 20 %, 20/100 steps, 2.00 steps/s, 0:40 left, loss 20",
                "training: 40 %, 40/100 steps, 2.00 steps/s, 0:30 left, loss 40",
                "training: 60 %, 60/100 steps, 2.00 steps/s, 0:20 left, loss 60",
                "training: 80 %, 80/100 steps, 2.00 steps/s, 0:10 left, loss 80",
                "training: 100 %, 100/100 steps, 2.00 steps/s, loss 100",
                "training: 100 steps in 0:50 (2.00 steps/s), loss 100",
            ],
            Lines);
    }

    [Fact]
    public void AStageThatEndsEarlySaysWhere()
    {
        using (var stage = Plain().Stage("training", 100, "steps"))
        {
            _time.Advance(5);
            stage.Report(10);
        }

        Assert.Equal("training: stopped at 10/100 steps after 0:05 (2.00 steps/s)", Lines[^1]);
    }

    [Fact]
    public void AResumedStageIsNotCreditedWithWhatWasDoneBefore()
    {
        var progress = new StageProgress("training", 1000, "steps", _time);
        progress.Report(900, null);
        _time.Advance(10);
        progress.Report(910, null);
        Assert.Equal(1.0, progress.Rate);
        Assert.Equal(TimeSpan.FromSeconds(90), progress.Left);
        Assert.Equal("training: stopped at 910/1000 steps after 0:10 (1.00 steps/s)", progress.Summary());
    }

    [Fact]
    public void TheRateForgetsTheWarmUp()
    {
        var progress = new StageProgress("training", 1000, "steps", _time);
        _time.Advance(60);
        progress.Report(1, null);
        for (var step = 2; step <= 100; step++)
        {
            _time.Advance(1);
            progress.Report(step, null);
        }

        Assert.Equal(1.0, progress.Rate!.Value, 6);
    }

    [Theory]
    [InlineData(0.4, "0:00")]
    [InlineData(59.6, "1:00")]
    [InlineData(3599, "59:59")]
    [InlineData(3600, "1:00:00")]
    [InlineData(100000, "27:46:40")]
    public void ClocksShowHoursOnlyWhereThereAreAny(double seconds, string expected) =>
        Assert.Equal(expected, StageProgress.Clock(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void MessagesAndWarningsAreOneUnbrokenLine()
    {
        var reporter = Plain();
        var text = "[not markup] " + new string('x', 300);
        reporter.Message(text);
        reporter.Warning(text);
        Assert.Equal([text, "warning: " + text], Lines);
    }

    [Theory]
    [InlineData(0, 120, "training  ────────────────────────   0 %  0/1000 steps")]
    [InlineData(500, 120, "training  ━━━━━━━━━━━━────────────  50 %  500/1000 steps, 50.0 steps/s, 0:10 left, loss 0.25")]
    [InlineData(1000, 120, "training  ━━━━━━━━━━━━━━━━━━━━━━━━ 100 %  1000/1000 steps, 100 steps/s, loss 0.25")]
    [InlineData(500, 90, "training  ━━━━━━──────  50 %  500/1000 steps, 50.0 steps/s, 0:10 left, loss 0.25")]
    [InlineData(500, 60, "training  ━━━───  50 %  500/1000 steps, 50.0 steps/s, 0:10…")]
    public void ABarIsOneLineThatFitsTheTerminal(int done, int width, string expected)
    {
        var progress = new StageProgress("training", 1000, "steps", _time);
        _time.Advance(10);
        progress.Report(done, done > 0 ? "loss 0.25" : null);
        var console = Console(AnsiSupport.No, InteractionSupport.No);
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = true;
        console.Write(new StageLine(progress));
        Assert.Equal(expected, _output.ToString());
    }

    [Fact]
    public void BarsComeDownWithTheirStagesAndTheCursorReturns()
    {
        var reporter = Live();
        using (var outer = reporter.Stage("outer [stage]", 10, "steps"))
        {
            outer.Report(5, "loss [0.5]");
            using (var inner = reporter.Stage("inner", 0, "files"))
                inner.Report(3);
            Assert.DoesNotContain("5/10 steps", _output.ToString());
            _time.Advance(0.2);
            Assert.Contains("outer [stage]", _output.ToString());
            Assert.Contains("5/10 steps", _output.ToString());
            reporter.Message("a line above the bars");
            Assert.Contains("a line above the bars", _output.ToString());
            outer.Report(6);
            _time.Advance(0.2);
            Assert.Contains("6/10 steps", _output.ToString());
        }

        using (reporter.Stage("next", 10, "steps"))
            _time.Advance(0.2);
        var text = _output.ToString();
        Assert.Contains("next", text);

        // Hide and show the cursor come in pairs, show last.
        Assert.True(text.LastIndexOf("\u001b[?25h", StringComparison.Ordinal) > text.LastIndexOf("\u001b[?25l", StringComparison.Ordinal));
    }

    [Fact]
    public void AnExceptionInsideAStageLeavesNoBar()
    {
        var reporter = Live();
        reporter.Stage("lost", 10, "steps");
        reporter.Dispose();
        var before = _output.ToString();
        Assert.EndsWith("\u001b[?25h", before);
        _time.Advance(1);
        Assert.Equal(before, _output.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ManyThreadsMayReportAtOnce(bool live)
    {
        var reporter = live ? Live() : Plain();
        var work = Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var round = 0; round < 10; round++)
            {
                using var stage = reporter.Stage($"stage {worker}", 50, "steps");
                for (var step = 1; step <= 50; step++)
                    stage.Report(step, "detail");
                reporter.Message($"worker {worker} round {round}");
            }
        })));
        while (!work.IsCompleted)
            _time.Advance(0.2);
        await work;
        var text = _output.ToString();
        for (var worker = 0; worker < 4; worker++)
            Assert.Contains($"worker {worker} round 9", text);
    }

    private ConsoleReporter Plain() => new(Console(AnsiSupport.No, InteractionSupport.No), live: false, _time);

    private ConsoleReporter Live() => new(Console(AnsiSupport.Yes, InteractionSupport.Yes), live: true, _time);

    private IAnsiConsole Console(AnsiSupport ansi, InteractionSupport interactive)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi,
            Interactive = interactive,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(TextWriter.Synchronized(_output)),
        });
        console.Profile.Width = 120;
        return console;
    }
}
