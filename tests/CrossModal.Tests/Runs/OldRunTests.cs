using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;
using CrossModal.Training;

namespace CrossModal.Tests.Runs;

/// <summary>
/// Run folders of version 0.1.0, as they were before the application was parted into rooms. Of each checkpoint its header is kept, with the
/// names, types and shapes of the tensors and the text beside them; the numbers, which say nothing of whether it can be read, are drawn.
/// </summary>
public sealed class OldRunTests(TinyRun tiny) : RunTests(tiny)
{
    private const long Steps = 6;

    /// <summary>Seed, stream and position of the noise.</summary>
    private static readonly long[] NoiseState = [2017, 2, 100];

    public static TheoryData<string> Names => ["s2i", "i2s", "cmcgan"];

    [Theory]
    [MemberData(nameof(Names))]
    public void TheDescriptionSaysWhatItSaid(string name)
    {
        var folder = Restore(name);
        var run = RunSettings.Read(folder.Settings);
        Assert.Equal((name, "tiny", 2017, 4, 8), (run.Kind.Name, run.Preset, (int)run.Seed, run.Model.Width, run.Gan.Batch));
        Assert.Equal(TinyData.Classes, run.Classes);
        Assert.Equal((10, 2, name == "cmcgan" ? 1 : 0), (run.Cmcgan.Reconstruction, run.Cmcgan.Cycle, run.Cmcgan.CodeClasses));

        // Written again it says the same, but for what has another name now, and what was not known then.
        var before = File.ReadAllText(folder.Settings).Replace("\"cycle\":{", "\"cmcgan\":{", StringComparison.Ordinal);
        AssertSaysAll(JsonNode.Parse(before)!, JsonNode.Parse(run.ToJson())!);

        static void AssertSaysAll(JsonNode said, JsonNode says)
        {
            foreach (var (name, value) in said.AsObject())
            {
                if (value is JsonObject inner)
                    AssertSaysAll(inner, says[name]!);
                else
                    Assert.True(JsonNode.DeepEquals(value, says[name]), $"{name}: {value} was written again as {says[name]}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ItIsMeasuredAgain(string name)
    {
        var folder = Restore(name);
        var before = JsonNode.Parse(File.ReadAllText(folder.Evaluation))!;
        using (var run = Open(folder))
            run.Evaluate(cancel: TestContext.Current.CancellationToken);
        var after = JsonNode.Parse(File.ReadAllText(folder.Evaluation))!;
        Assert.Equal([.. Keys(before), "measured"], Keys(after));
        Assert.True(JsonNode.DeepEquals(before["epochs"], after["epochs"]));
        Assert.Equal((int)before["step"]!, (int)after["step"]!);

        static string[] Keys(JsonNode report) => [.. report.AsObject().Select(entry => entry.Key)];
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ItGenerates(string name)
    {
        using var run = Open(Restore(name));
        Assert.Equal((name != "i2s", name != "s2i"), (run.MakesImages, run.MakesSounds));
        if (run.MakesImages)
            Assert.Equal(64, run.Generate(new AudioClip(TinyData.Tone(1, 0.5, 77), 44100)).Width);
        if (run.MakesSounds)
            Assert.Equal(22050, run.Generate(new RgbImage(64, 64)).Samples.Length);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ItGoesOn(string name)
    {
        var folder = Restore(name);
        var kind = RunKind.All.Single(kind => kind.Name == name);
        GanTraining.Train(kind, new RunOptions { Resume = folder.Path, Steps = 8, Device = new DeviceSettings("cpu", 1) },
            new SilentReporter(), TestContext.Current.CancellationToken);
        Assert.Equal("8", Checkpoint.ReadMetadata(folder.Last)["step"]);
        var old = RunFolder.EpochsIn(new RunFolder(Kept(name)).ReadMetrics(), "gan");
        Assert.Equal(old, RunFolder.EpochsIn(folder.ReadMetrics(), "gan")[..old.Count]);
    }

    private static TrainedRun Open(RunFolder folder) => TrainedRun.Open(folder.Path, new DeviceSettings("cpu", 1));

    private static string Kept(string name) => Path.Combine(AppContext.BaseDirectory, "Runs", "OldRuns", name);

    /// <summary>A run folder made of what is kept of one, whose data are where those of the tests are.</summary>
    private RunFolder Restore(string name)
    {
        var folder = NewFolder();
        foreach (var file in Directory.GetFiles(Kept(name), "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(folder.Path, Path.GetRelativePath(Kept(name), file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            if (to.EndsWith(".safetensors.json", StringComparison.Ordinal))
                RestoreCheckpoint(file, to[..^".json".Length]);
            else
                File.Copy(file, to);
        }

        var run = JsonNode.Parse(File.ReadAllText(folder.Settings))!.AsObject();
        run["data"] = Tiny.Data;
        run["data_fingerprint"] = "";
        AtomicFile.WriteText(folder.Settings, run.ToJsonString());
        return folder;
    }

    /// <summary>A checkpoint with a header and small positive numbers: variances are among them.</summary>
    private static void RestoreCheckpoint(string header, string path)
    {
        using var layout = JsonDocument.Parse(File.ReadAllText(header));
        var text = layout.RootElement.GetRawText();
        var head = Encoding.UTF8.GetBytes(text.PadRight((text.Length + 7) / 8 * 8));
        using var file = new BinaryWriter(File.Create(path));
        file.Write((ulong)head.Length);
        file.Write(head);
        var random = new CountedRandom(1, 2);
        foreach (var (name, tensor) in layout.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__")
            .OrderBy(entry => entry.Value.GetProperty("data_offsets")[0].GetInt64()).Select(entry => (entry.Name, entry.Value)))
        {
            var count = tensor.GetProperty("shape").EnumerateArray().Aggregate(1L, (product, extent) => product * extent.GetInt64());
            for (var i = 0; i < count; i++)
            {
                if (name == "random.noise")
                    file.Write(NoiseState[i]);
                else if (tensor.GetProperty("dtype").GetString() == "I64")
                    file.Write(Steps);
                else
                    file.Write(random.NextUniform(0.01f, 0.03f));
            }
        }
    }
}
