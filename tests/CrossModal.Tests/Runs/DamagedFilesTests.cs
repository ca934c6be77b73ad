using System.Text.Json.Nodes;
using CrossModal.Adversarial;
using CrossModal.Data;
using CrossModal.Evaluation.Human;
using CrossModal.Experiments;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;

namespace CrossModal.Tests.Runs;

/// <summary>Files of runs and experiments that were changed by hand or damaged: each is one line, or read rightly.</summary>
public sealed class DamagedFilesTests : IDisposable
{
    private const string Put = "; put the file back as training wrote it, or take another run";

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-damaged-").FullName;

    private string File => Path.Combine(_folder, "run.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("model", "null", "model is null; must be an object")]
    [InlineData("classes", "null", "classes is null; must be a list")]
    [InlineData("classes", """["a", "a"]""", """classes is ["a","a"]; must be names, each there once""")]
    [InlineData("classes", """["a", ""]""", """classes is ["a",""]; must be names, each there once""")]
    [InlineData("classes", """["a", null]""", "classes[1] is null; must be text")]
    [InlineData("model.width", "-4", "model.width is -4; must be between 1 and 256")]
    [InlineData("model.width", "2000", "model.width is 2000; must be between 1 and 256")]
    [InlineData("model.image_size", "63", "model.image_size is 63; must be a power of two between 16 and 256")]
    [InlineData("command", "\"\"", """command is ""; must be one of train s2i, train i2s, train cmcgan, train sound-classifier, """
        + "train image-classifier, train sound-autoencoder")]
    [InlineData("precision", "7", "precision is 7; must be one of Float32, TensorFloat32, BFloat16")]
    [InlineData("variant", "\"7\"", """variant is "7"; must be one of C, N, A""")]
    [InlineData("seed", "-1", "seed is -1; must be a whole number that is not negative")]
    [InlineData("pairs", "-1", "pairs is -1; must be at least 0")]
    [InlineData("gan.halve_every", "0", "gan.halve_every is 0; must be at least 1")]
    [InlineData("gan.beta1", "1", "gan.beta1 is 1; must be between 0 and 0.999999")]
    [InlineData("gan.loss", "\"\"", """gan.loss is ""; must be one of CrossEntropy, Hinge""")]
    [InlineData("sound_encoder.epochs", "-1", "sound_encoder.epochs is -1; must be between 0 and 1000000")]
    public void APropertyOfTheDescriptionThatCannotBeIsNamed(string place, string value, string fault) =>
        Assert.Equal($"{File}: {fault}{Put}", Refused(() => Read(With(place, value))));

    /// <summary>Numbers beyond what a double holds became infinities, which cannot be written again.</summary>
    [Theory]
    [InlineData("gan.learning_rate")]
    [InlineData("sound_classifier.learning_rate")]
    [InlineData("image_classifier.weight_decay")]
    [InlineData("image_classifier.zoom")]
    [InlineData("cmcgan.reconstruction")]
    [InlineData("cmcgan.code_classes")]
    public void EveryNumberIsFinite(string place) =>
        Assert.Equal($"{File}: {place} is 1e999; must be a finite number{Put}", Refused(() => Read(With(place, "1e999"))));

    [Fact]
    public void APropertyThatIsThereTwiceIsNamed() => Assert.Contains("'seed' is there twice",
        Refused(() => Read(Description().ToJsonString().TrimEnd('}') + ",\"seed\":5}")));

    /// <summary>Every number of a description has bounds, so that none can be forgotten.</summary>
    [Fact]
    public void EveryNumberHasBounds()
    {
        foreach (var part in new[] { typeof(RunSettings), typeof(ModelSettings), typeof(ClassifierSettings), typeof(GanSettings),
            typeof(CmcganSettings) })
        {
            foreach (var property in part.GetProperties().Where(property => property.CanWrite
                && (property.PropertyType == typeof(int) || property.PropertyType == typeof(double))))
                Assert.True(property.IsDefined(typeof(LimitAttribute), inherit: true), $"{part.Name}.{property.Name} has no bounds");
        }
    }

    [Theory]
    [InlineData("{\"step\":0,\"\":\"\",\"p\":\"\\ud800\",\"s\":6,\"y\":0.8}")]
    [InlineData("""{"step":0.8,"":3,"d":0.3}""")]
    [InlineData("""{"":4,"stage":"gan","y":3}""")]
    [InlineData("""{"stage":"gan","epoch":7692307693}""")]
    [InlineData("""{"":0,"stage":3,"y":3}""")]
    [InlineData("""{"":0,"":"","":1,"":5,"":0,"":"","":0.5}""")]
    [InlineData("""{"step": 3, "stage": "gan", "epoch": 1, "train_accuracy": "high"}""")]
    [InlineData("[1]")]
    [InlineData("7")]
    public void ForeignLinesOfMetricsArePassedOverAndStay(string foreign)
    {
        var folder = new RunFolder(_folder);
        const string Ours = """{"step":6,"stage":"gan","epoch":1,"train_accuracy":0.5,"validation_accuracy":0.25}""";
        System.IO.File.WriteAllText(folder.Metrics, $"{foreign}\n{Ours}\n{{\"step\":12,\"sta");
        Assert.Equal(Ours, Assert.Single(folder.ReadMetrics()).Text);
        Assert.Equal(new EpochAccuracy(1, 0.5, 0.25), Assert.Single(RunFolder.EpochsIn(folder.RewindMetrics(6), "gan")));
        Assert.Equal($"{foreign}\n{Ours}\n", System.IO.File.ReadAllText(folder.Metrics));
        Assert.Empty(folder.RewindMetrics(5));
    }

    [Theory]
    [InlineData("step", "-1", "step is -1; must be a whole number of at least 0")]
    [InlineData("step", "six", "step is six; must be a whole number of at least 0")]
    [InlineData("step", "99999999999999999999", "step is 99999999999999999999; must be a whole number of at least 0")]
    [InlineData("best", "NaN", "best is NaN; must be a number between -1 and 1")]
    [InlineData("best", "7", "best is 7; must be a number between -1 and 1")]
    [InlineData("sums", "1 2 3", "sums is 1 2 3; must be 6 numbers with spaces between them")]
    [InlineData("sums", "0 0 0 0 0 -1", "sums is 0 0 0 0 0 -1; must be 5 sums and the number of steps in them")]
    [InlineData("sums", "0 0 0 0 0 NaN", "sums is 0 0 0 0 0 NaN; must be 5 sums and the number of steps in them")]
    [InlineData("step", null, "has no step")]
    [InlineData("best", null, "has no best")]
    public void TheTextOfACheckpointIsChecked(string name, string? value, string fault)
    {
        var text = new GanProgress(6, 0.5, default, 3).ToText(new ModelSettings());
        Assert.Equal(new GanProgress(6, 0.5, default, 3), GanProgress.Of("c", text));
        if (value is null)
            text.Remove(name);
        else
            text[name] = value;
        Assert.Equal($"c: {fault}; it is no checkpoint of a training run, or damaged; take another one",
            Refused(() => GanProgress.Of("c", text)));
    }

    [Theory]
    [InlineData("""{"settings":{"command":"experiment variants","data":"synthetic","preset":"tiny","seed":2017,"epochs":null}}""",
        "seconds is missing")]
    [InlineData("""{"settings":{"command":"experiment variants","data":"synthetic","preset":"tiny","seed":2017},"seconds":{"":1e999}}""",
        "seconds[''] is 1e999; must be a finite number")]
    [InlineData("""
        {"settings":{"command":"e","data":"synthetic","preset":"tiny","seed":2017,"pairs":null,"epochs":null},"seconds":{"a":1e999}}
        """, "seconds['a'] is 1e999; must be a finite number")]
    [InlineData("""{"settings":{"command":"e","data":"synthetic","preset":"tiny","seed":2017,"pairs":null,"epochs":0},"seconds":{}}""",
        "settings.epochs is 0; must be at least 1")]
    [InlineData("null", "is no description of an experiment")]
    public void TheDescriptionOfAnExperimentIsChecked(string json, string fault)
    {
        System.IO.File.WriteAllText(Path.Combine(_folder, "experiment.json"), json);
        Assert.Contains(fault, Refused(() =>
            ExperimentFolder.Open(_folder, new ExperimentSettings("e", "synthetic", "tiny", 2017, null, null))));
    }

    /// <summary>A cache with such contents counts as none.</summary>
    [Theory]
    [InlineData("""{"Images":8,"Sounds":8}""", "BadImages is missing")]
    [InlineData("""{"Images":8,"Sounds":8,"BadSounds":[]}""", "BadImages is missing")]
    [InlineData("""{"Images":8,"Sounds":8,"BadImages":[null],"BadSounds":[]}""", "BadImages[0] is null; must be an object")]
    [InlineData("""{"Images":8,"Sounds":8,"BadImages":[],"BadSounds":[null]}""", "BadSounds[0] is null; must be an object")]
    public void TheContentsOfACacheAreChecked(string json, string fault)
    {
        System.IO.File.WriteAllText(File, json);
        Assert.Equal($"{File}: {fault}; it is made again", Refused(() => SampleCache.ReadContents(File)));
    }

    [Fact]
    public void AKeyWithOneIdTwiceIsRefused()
    {
        var item = new RatingKeyItem("id5", "run", true, "flute", "s5.wav");
        RatingKey.Create("abcdef0123456789", 2017, [item, item]).Write(File);
        Assert.Matches($"^{File}: items is .*; must be entries, each with id of its own; give the key",
            Refused(() => RatingKey.Read(File)));
        Assert.Equal("/dev/zero: is a pipe or a device and no key of a rating page; write what it gives to a file, and give that",
            Refused(() => RatingKey.Read("/dev/zero")));
    }

    private static JsonObject Description() => JsonNode.Parse((Presets.Quick with
    {
        Kind = RunKind.SoundToImage,
        Classes = ["cello", "horn"],
    }).ToJson())!.AsObject();

    private static string With(string place, string value)
    {
        var description = Description();
        var parts = place.Split('.');
        var at = parts[..^1].Aggregate(description, (part, name) => part[name]!.AsObject());
        at[parts[^1]] = JsonNode.Parse(value);
        return description.ToJsonString();
    }

    private RunSettings Read(string json)
    {
        System.IO.File.WriteAllText(File, json);
        return RunSettings.Read(File);
    }

    private static string Refused(Action read) => Assert.Throws<BadInputException>(read).Message;
}
