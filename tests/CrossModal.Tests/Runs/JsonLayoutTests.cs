using System.Text.Json.Nodes;
using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Training;

namespace CrossModal.Tests.Runs;

/// <summary>What readers made at build time must keep of the ones by reflection.</summary>
public sealed class JsonLayoutTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-json-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AConfigurationComesBackAsItWas()
    {
        var run = Presets.Quick with
        {
            Kind = RunKind.SoundToImage,
            Data = "synthetic",
            Device = "cuda",
            Precision = Precision.BFloat16,
            Seed = ulong.MaxValue,
            Classes = ["cello", "horn"]
        };
        var read = Read(run.ToJson());
        Assert.Equal(run with { Classes = read.Classes }, read);
        Assert.Equal(run.Classes, read.Classes);
    }

    [Fact]
    public void ASettingThatAnOldFileLacksHasItsDefault()
    {
        var json = JsonNode.Parse((Presets.Paper with { Kind = RunKind.SoundToImage }).ToJson())!.AsObject();
        json["gan"]!.AsObject().Remove("beta1");
        json["gan"]!.AsObject().Remove("halve_every");
        json["model"]!.AsObject().Remove("code_size");
        json.Remove("sound_classifier");
        json.Remove("precision");
        json.Remove("classes");
        var read = Read(json.ToJsonString());
        Assert.Equal(0.5, read.Gan.Beta1);
        Assert.Equal(100, read.Gan.HalveEvery);
        Assert.Equal(64, read.Model.CodeSize);
        Assert.Equal(new ClassifierSettings(), read.SoundClassifier);
        Assert.Equal(Precision.Float32, read.Precision);
        Assert.Empty(read.Classes);
    }

    [Fact]
    public void SettingsUnderTheirOldNameAreRead()
    {
        var run = Presets.Quick with { Kind = RunKind.Cmcgan, Cmcgan = new CmcganSettings { Reconstruction = 7, CodeClasses = 0.5 } };
        var json = JsonNode.Parse(run.ToJson())!.AsObject();
        Assert.True(json.Remove("cmcgan", out var terms));
        json["cycle"] = terms;
        Assert.Equal(run.Cmcgan, Read(json.ToJsonString()).Cmcgan);
    }

    private RunSettings Read(string json)
    {
        var path = Path.Combine(_folder, "run.json");
        File.WriteAllText(path, json);
        return RunSettings.Read(path);
    }
}
