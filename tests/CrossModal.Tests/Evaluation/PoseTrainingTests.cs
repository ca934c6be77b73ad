using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;
using CrossModal.Training;

namespace CrossModal.Tests.Evaluation;

public sealed class PoseTrainingTests(TinyRun tiny) : RunTests(tiny)
{
    /// <summary>Where a square lies in the tiny pictures is told as the hand: it is learned, and found again where it is loaded.</summary>
    [Fact]
    public void ItReadsTheHandOffThePictures()
    {
        using var device = Device.Open("cpu", 1);
        using var data = Open(device);
        var poses = data.ReadPoses()!;
        var run = Tiny.Settings with
        {
            Classes = data.Pairs.Classes,
            PoseRegressor = new ClassifierSettings { Epochs = 40, MinimumSteps = 0, Batch = 8, Shift = 0 }
        };
        var folder = NewFolder();
        var (trained, weights) = Train(run);
        Assert.InRange(trained["hand"].Correlation, 0.7, 1);
        Assert.Equal(TinyData.ValidationPairs, trained["hand"].Count);
        Assert.Equal(Enumerable.Range(1, 40), folder.ReadMetrics().Select(line => line.Epoch!.Value));
        var (loaded, again) = Train(run);
        Assert.Equal(weights, again);
        Assert.Equal(trained["hand"].Correlation, loaded["hand"].Correlation);
        Assert.Equal(40, folder.ReadMetrics().Count);
        Assert.Contains("(it was trained with other settings)", Assert.ThrowsAny<BadInputException>(() =>
            Train(run with { PoseRegressor = run.PoseRegressor with { Epochs = 1 } })).Message);

        (IReadOnlyDictionary<string, PoseFigure>, float[]) Train(RunSettings run)
        {
            using var masks = PoseTraining.Masks(device, run);
            using var model = PoseTraining.Create(device, run, masks);
            var figures = PoseTraining.TrainOrLoad(model, poses,
                new RunContext(device, run, folder, data, new SilentReporter(), TestContext.Current.CancellationToken));
            return (figures, PoseTraining.Predict(model, data.Images(Split.Validation)));
        }
    }

    /// <summary>A spot moves by at most the shift, whatever becomes of the colors.</summary>
    [Fact]
    public void AugmentationMovesAPictureALittle()
    {
        var (values, room) = (new float[64 * 64 * 3], new float[64 * 64 * 3]);
        var (places, shades) = (new HashSet<(double, double)>(), new HashSet<float>());
        for (ulong example = 0; example < 40; example++)
        {
            Array.Fill(values, -0.5f);
            for (var i = 0; i < 27; i++)
                values[((20 + i / 9) * 64 + 40 + i % 9 / 3) * 3 + i % 3] = 0.5f;
            PoseTraining.Augmented(new Shape(64, 64, 3), 2)(values, room, Philox.Block(1, example, 2));
            Assert.All(values, value => Assert.InRange(value, -1f, 1f));
            var (mass, x, y) = (0f, 0f, 0f);
            for (var i = 0; i < 64 * 64; i++)
            {
                var share = values[3 * i] - values[0];
                (mass, x, y) = (mass + share, x + share * (i % 64), y + share * (i / 64));
            }

            Assert.InRange(x / mass, 41 - 2.01f, 41 + 2.01f);
            Assert.InRange(y / mass, 21 - 2.01f, 21 + 2.01f);
            places.Add((Math.Round(x / mass), Math.Round(y / mass)));
            shades.Add(values[0]);
        }

        Assert.InRange(places.Count, 15, 25);
        Assert.Equal(40, shades.Count);
    }

    [Fact]
    public void DataWithoutPosesAreToldApart()
    {
        using var device = Device.Open("cpu", 1);
        using var data = TinyData.Open(Tiny.Data, 0, 5, device, new SilentReporter(), TestContext.Current.CancellationToken);
        Assert.Null(data.ReadPoses());
    }

    /// <summary>The last layer is the instrument's own: the same image is read otherwise for another.</summary>
    [Fact]
    public void TheInstrumentDecidesHowAnImageIsRead()
    {
        using var device = Device.Open("cpu", 1);
        using var scope = new Scope();
        using var pause = Tape.Paused();
        using var random = new RandomStream(device, 1);
        using var model = new PoseRegressor(random, random, 3, 64, 5) { Training = false };
        var images = random.Uniform(new Shape(1, 64, 64, 3), -1, 1).BroadcastTo(new Shape(3, 64, 64, 3));
        var poses = model.Forward(images, Tensor.From(device, new Shape(3), [0, 2, 0]));
        Assert.Equal(new Shape(3, 5), poses.Shape);
        var rows = poses.ToArray().Chunk(5).ToArray();
        Assert.Equal(rows[0], rows[2]);
        Assert.All(rows[0].Zip(rows[1]), pair => Assert.NotEqual(pair.First, pair.Second));
        Assert.Throws<ArgumentException>(() => model.Forward(images, Tensor.From(device, new Shape(2), [0, 1])));
    }

    /// <summary>What is asked of the poses at the end is looked for at the beginning, before anything is trained.</summary>
    [Fact]
    public void PosesThatLackAnImageAreFoundBeforeTraining()
    {
        var folder = Path.Combine(Tiny.Root, "half-posed");
        TinyData.WritePairs(folder);
        File.WriteAllLines(Path.Combine(folder, "poses.csv"),
            ["stem,pitch_hz,left_hand,string,stroke,sway,dynamics", "horn00_500,440,0,-1,0,0,0"]);
        var run = NewFolder();
        var error = Assert.ThrowsAny<BadInputException>(() =>
            TinyRun.Train(Tiny.Settings with { Data = folder, Scenario = Scenario.Pose }, run));
        Assert.Contains("poses.csv: has no line for ", error.Message);
        Assert.False(Directory.Exists(run.Path) && Directory.GetFiles(run.Path, "*.safetensors", SearchOption.AllDirectories).Length > 0);
    }

    private TrainingData Open(Device device)
    {
        var folder = Path.Combine(Tiny.Root, "posed-pictures");
        if (!Directory.Exists(folder))
        {
            TinyData.WritePairs(folder);
            var random = new CountedRandom(3, 3);
            var lines = TinyData.Classes.SelectMany(name => Enumerable.Range(0, 12).Select(i => (name, i)))
                .Select(at =>
                    $"{at.name}{at.i / 4:00}_{500 + 100 * (at.i % 4)},440,{at.i % 4},-1,"
                    + $"{random.NextUniform()},{random.NextUniform()},{random.NextUniform()}");
            File.WriteAllLines(Path.Combine(folder, "poses.csv"), lines.Prepend("stem,pitch_hz,left_hand,string,stroke,sway,dynamics"));
        }

        return TinyData.Open(folder, 0, 5, device, new SilentReporter(), TestContext.Current.CancellationToken);
    }
}
