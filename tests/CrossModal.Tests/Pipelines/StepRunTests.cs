using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Adversarial;

namespace CrossModal.Tests.Pipelines;

/// <summary>Training steps of a run, one at a time.</summary>
public sealed class StepRunTests : RunTests
{
    private readonly Device _device = Device.Open("cpu", 1);
    private readonly List<StepRun> _opened = [];

    public StepRunTests(TinyRun tiny) : base(tiny)
    {
    }

    [Fact]
    public void AStepIsThatOfTheTrainingLoopBitForBit()
    {
        // One step further than the whole run, by the loop.
        var further = CopyOfWhole();
        TinyRun.Resume(further, options => options with { Steps = 19 });
        var run = Open(CopyOfWhole());
        var report = run.Step(Wish(run));
        var expected = TinyGan.StoredTensors(further.Last);
        TinyGan.AssertSame(expected, StateOf(run));
        Assert.Equal(18, run.StepsBefore);

        // What the page shows before the step is what the step itself saw.
        Assert.Equal(report.Before.DiscriminatorLoss, NodeOf(report, node => node is { Group: "loss", Turn: Player.Discriminator },
            last: true).Numbers.All.Mean);
    }

    [Fact]
    public void EveryWeightThatMovedGotItsGradientOnTheTape()
    {
        var run = Open(Tiny.Whole);
        var report = run.Step(Wish(run));
        Assert.All(report.Weights, weight =>
        {
            Assert.True(weight.Change > 0, weight.Name);
            Assert.True(weight.GradientNorm > 0, weight.Name);
        });

        // The nodes come in order, each behind its inputs, and the walk back meets results before what they were made of.
        Assert.Equal(report.Tape.Nodes.Select((_, i) => i), report.Tape.Nodes.Select(node => node.Entry.Index));
        Assert.All(report.Tape.Nodes, node => Assert.All(node.Entry.Inputs, input => Assert.True(input.Index < node.Entry.Index)));
        var events = report.Tape.Events.ToList();
        foreach (var node in report.Tape.Nodes.Where(node => node.Gradient is not null))
        {
            foreach (var input in node.Entry.Inputs.Where(input => report.Tape.Nodes[input.Index].Gradient is not null))
                Assert.True(events.IndexOf(-1 - node.Entry.Index) < events.IndexOf(-1 - input.Index));
        }

        // Every op is somebody's, and the layers are those of the networks.
        Assert.All(report.Tape.Nodes, node => Assert.NotEmpty(node.Group));
        string[] expected = ["generator.project", "generator.deconv4", "discriminator.conv1", "discriminator.score", "loss"];
        Assert.Superset(expected.ToHashSet(), report.Tape.Nodes.Select(node => node.Group).ToHashSet());
        Assert.Equal("generator", NodeOf(report, node => node.Entry.Op == "tanh").Group);
        Assert.All(report.Tape.Nodes.Where(node => node.Entry.Op is not null && node.Entry.Inputs.Count > 0),
            node => Assert.All(node.Entry.Inputs, input => Assert.NotEmpty(input.Derivative)));
    }

    [Fact]
    public void ThePlayerThatDoesNotMoveKeepsItsWeights()
    {
        foreach (var mover in Enum.GetValues<Player>())
        {
            var run = Open(Tiny.Whole);
            var report = run.Step(Wish(run) with { Moves = [mover] });
            Assert.All(report.Weights, weight =>
            {
                var moves = weight.Network == (mover == Player.Generator ? "generator" : "discriminator");
                Assert.Equal(moves, weight.Change > 0);
                Assert.Equal(moves, weight.GradientNorm is not null);
            });
        }
    }

    [Fact]
    public void ALearningRateOfZeroMovesNothing()
    {
        var run = Open(Tiny.Whole);
        var report = run.Step(Wish(run) with { LearningRate = 0 });
        Assert.All(report.Weights, weight => Assert.Equal(0, weight.Change));
        Assert.All(report.Weights, weight => Assert.Equal(weight.Before, weight.After));
        Assert.Equal(report.Before.DiscriminatorLoss, report.After.DiscriminatorLoss, 2e-2);
        Assert.Equal(report.Before.Pictures.Select(picture => picture.Pixels), report.After.Pictures.Select(picture => picture.Pixels));
    }

    [Fact]
    public void TheDiscriminatorLearnsThePairsThatItIsShownAgainAndAgainAndTheCheckpointIsStillThere()
    {
        var run = Open(Tiny.Whole);
        var wish = Wish(run) with { Moves = [Player.Discriminator], LearningRate = 0.002 };
        var first = run.Step(wish);
        for (var step = 0; step < 6; step++)
            run.Step(wish);
        var last = run.Step(wish);
        Assert.Equal(8, last.Made);
        Assert.True(last.After.DiscriminatorLoss < first.Before.DiscriminatorLoss);
        Assert.Equal(4, last.Pairs.Classes.Count);
        Assert.Equal(4, last.After.Real.Length);

        run.Reset();
        var again = run.Step(wish);
        Assert.Equal(1, again.Made);
        Assert.Equal(first.Before.Real, again.Before.Real);
        Assert.Equal(first.After.Real, again.After.Real);
    }

    [Fact]
    public void OtherPairsAndOtherWeightsOfLossesMakeAnotherStep()
    {
        var run = Open(Tiny.Whole);
        var report = run.Step(Wish(run));
        Assert.NotNull(report.After.Wrong);
        run.Reset();
        Assert.NotEqual(report.Before.Real, run.Step(Wish(run) with { Pairs = 1 }).Before.Real);
        run.Reset();
        Assert.Null(run.Step(Wish(run) with { WrongPairs = false }).After.Wrong);
        run.Reset();
        var seeking = run.Step(Wish(run) with { ModeSeeking = 2 });
        Assert.True(seeking.Tape.Nodes.Count > report.Tape.Nodes.Count);
    }

    [Fact]
    public void WhatIsOutOfRangeIsOneSentenceAndNothingMoves()
    {
        var run = Open(Tiny.Whole);
        var before = StateOf(run);
        foreach (var (wish, what) in new[]
        {
            (Wish(run) with { LearningRate = double.NaN }, "the learning rate is NaN"),
            (Wish(run) with { LearningRate = 1e9 }, "between 0 and 1"),
            (Wish(run) with { ModeSeeking = -1 }, "mode seeking"), (Wish(run) with { RealTarget = 0 }, "the target of real pairs"),
            (Wish(run) with { Pairs = -1 }, "the number of the pairs"),
        })
            Assert.Contains(what, Assert.Throws<BadInputException>(() => run.Step(wish)).Message, StringComparison.Ordinal);
        TinyGan.AssertSame(before, StateOf(run));
    }

    [Fact]
    public void ARunThatWasExportedIsSteppedOnWithOptimizersThatBeginAnew()
    {
        Assert.True(Open(Tiny.Whole).HasOptimizers);
        var copy = NewFolder();
        RunExport.Write(SavedRun.Open(Tiny.Whole.Path, RunKind.All), copy.Path);
        var run = Open(copy);
        Assert.False(run.HasOptimizers);
        var report = run.Step(Wish(run));

        // Adam's first step is the learning rate itself, whatever the gradient.
        Assert.All(report.Weights, weight =>
            Assert.InRange(weight.Change, 0.5 * run.LearningRate, 1.001 * run.LearningRate * Math.Sqrt(weight.Shape.Count)));
    }

    [Fact]
    public void ARunOfImageToSoundIsSteppedOnSpectrograms()
    {
        var folder = NewFolder();
        TinyRun.Train(Tiny.Settings with
        {
            Kind = RunKind.ImageToSound,
            Model = Tiny.Settings.Model with { Channels = 1 },
            Gan = Tiny.Settings.Gan with { Steps = 2 },
        }, folder);
        var run = Open(folder);
        var report = run.Step(Wish(run));
        Assert.Equal([4, 64, 64, 1], NodeOf(report, node => node.Entry.Op == "tanh").Shape.Extents.ToArray());
        Assert.All(report.Weights, weight => Assert.True(weight.Change > 0));
    }

    [Fact]
    public void ARunOfBothDirectionsIsNotCovered()
    {
        var folder = CopyOfWhole();
        var saved = new SavedRun(RunSettings.Read(folder.Settings) with { Kind = RunKind.Cmcgan }, folder);
        var error = Assert.Throws<BadInputException>(() => new StepRun(_device, saved, TestContext.Current.CancellationToken));
        Assert.Contains("is a run of `train cmcgan`; give the folder of a run of `train s2i` or `train i2s`", error.Message,
            StringComparison.Ordinal);
    }

    private StepRun Open(RunFolder folder)
    {
        var run = new StepRun(_device, SavedRun.Open(folder.Path, RunKind.All), TestContext.Current.CancellationToken);
        _opened.Add(run);
        return run;
    }

    private static StepWish Wish(StepRun run) => new([Player.Discriminator, Player.Generator], run.LearningRate, run.Run.Gan.ModeSeeking,
        run.Run.Gan.Auxiliary, run.Run.Gan.CodeHead, run.Run.Gan.RealTarget, run.Run.Gan.WrongPairs, 0);

    private static StepNode NodeOf(StepReport report, Func<StepNode, bool> which, bool last = false) =>
        last ? report.Tape.Nodes.Last(which) : report.Tape.Nodes.First(which);

    private static Dictionary<string, byte[]> StateOf(StepRun run)
    {
        var path = Path.GetTempFileName();
        try
        {
            run.State.Save(path);
            return TinyGan.StoredTensors(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
