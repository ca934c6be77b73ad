using CrossModal.Data;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Pipelines;
using CrossModal.Training;

namespace CrossModal.Tests.Training;

public sealed class SoundEncoderTrainingTests(TinyRun tiny) : RunTests(tiny)
{
    /// <summary>
    /// One code names the instrument and draws the sound again, and a GAN is given it sphered; the second time all is loaded.
    /// </summary>
    [Fact]
    public void ItsCodeDoesBoth()
    {
        using var device = Device.Open("cpu", 1);
        using var data = TinyData.Open(Tiny.Data, 0, 5, device, new SilentReporter(), TestContext.Current.CancellationToken);
        var settings = new ClassifierSettings { Epochs = 80, MinimumSteps = 0, Batch = 8, LearningRate = 2e-3, WeightDecay = 0 };
        var run = Tiny.Settings with { Classes = data.Pairs.Classes, SoundEncoder = settings };
        var folder = NewFolder();
        var reporter = new RecordingReporter();
        var (named, drawn, meanSquare) = Train(run);
        Assert.InRange(named.Accuracy, 0.9, 1);
        Assert.InRange(drawn.ExplainedVariance, 0.4, 1);
        Assert.Equal(1, meanSquare, 1e-3);
        Assert.Equal(["sound encoder"], reporter.Stages);
        Assert.Equal(Enumerable.Range(1, 80), folder.ReadMetrics().Select(line => line.Epoch!.Value));
        var (_, again, meanSquareAgain) = Train(run);
        Assert.Equal((drawn, meanSquare), (again, meanSquareAgain));
        Assert.Single(reporter.Stages);
        Assert.Contains("(its seed is 5)", Assert.ThrowsAny<BadInputException>(() => Train(run with { Seed = 99 })).Message);

        (ConfusionMatrix, Reconstruction, double) Train(RunSettings run)
        {
            using var model = SoundEncoderTraining.Create(device, run, decodes: true);
            var named = SoundEncoderTraining.TrainOrLoad(model,
                new RunContext(device, run, folder, data, reporter, TestContext.Current.CancellationToken));
            var given = ConditionCodes.Of(device, data.Sounds(Split.Train), run.Model.CodeSize, model.EncodeSphered);
            return (named, AutoencoderTraining.Measure(model, x => model.Decode(model.Encode(x)), data.Sounds(Split.Validation)),
                given.Values.Average(value => (double)value * value));
        }
    }

    /// <summary>An error that differs from mel to mel is of a harmonic in the wrong place, one of the end is of another moment.</summary>
    [Fact]
    public void HarmonicsCountMoreThanLoudnessAndTheFirstMomentMoreThanTheLast()
    {
        using var device = Device.Open("cpu", 1);
        using var scope = new Scope();
        var frames = SoundEncoderTraining.FrameScales(device);
        var louder = Cost(frame: 0, _ => 0.1f);
        Assert.Equal(9, Cost(frame: 0, mel => mel % 2 == 0 ? 0.1f : -0.1f) / louder, 1e-3);
        Assert.Equal(0.01, Cost(frame: 43, _ => 0.1f) / louder, 1e-3);

        double Cost(int frame, Func<int, float> error)
        {
            var (drawn, shape) = (new float[44 * 128], new Shape(1, 44, 128, 1));
            for (var mel = 0; mel < 128; mel++)
                drawn[frame * 128 + mel] = error(mel);
            return SoundEncoderTraining.DrawingError(Tensor.From(device, shape, drawn), Tensor.Zeros(device, shape), frames).Item();
        }
    }

    [Fact]
    public void ShapesAndTheRangeOfTheCode()
    {
        using var device = Device.Open("cpu", 1);
        using var scope = new Scope();
        using var pause = Tape.Paused();
        using var random = new RandomStream(device, 1);
        using var model = new JointSoundEncoder(random, 5, 64);
        var code = model.Encode(random.Uniform(new Shape(2, 44, 128, 1), -1, 1));
        Assert.All(code.ToArray(), value => Assert.InRange(value, -1f, 1f));
        Assert.Equal((new Shape(2, 64), new Shape(2, 5), new Shape(2, 44, 128, 1)),
            (code.Shape, model.Classify(code).Shape, model.Decode(code).Shape));
    }
}
