using System.Diagnostics;
using System.Runtime.InteropServices;
using CrossModal.Interchange;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Interchange;

/// <summary>Weights alone, as PyTorch takes them.</summary>
public sealed class WeightsExportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-weights-").FullName;
    private readonly SavedRun _saved = SavedRun.Open(Path.Combine(AppContext.BaseDirectory, "models", "pose-s2i"), RunKind.All);

    public WeightsExportTests() => WeightsExport.Write(_saved, Path.Combine(_folder, "weights"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void EachNetworkHasAFileOfOrdinaryLayers()
    {
        Assert.Equal(
            ["discriminator.safetensors", "encoder.safetensors", "generator.safetensors", "judge.safetensors", WeightsExport.Script],
            Directory.GetFiles(Path.Combine(_folder, "weights")).Select(Path.GetFileName).Order());
        using var generator = Open("generator");
        Assert.Equal(["deconv1.weight", "deconv2.weight", "deconv3.weight", "deconv4.bias", "deconv4.weight"],
            generator.Tensors.Keys.Where(name => name.StartsWith("deconv", StringComparison.Ordinal)).Order());
        Assert.Equal(new Shape(128, 64, 4, 4), generator.Tensors["deconv1.weight"].Shape);
        Assert.Equal((ElementType.Int64, new Shape()),
            (generator.Tensors["norm1.num_batches_tracked"].Type, generator.Tensors["norm1.num_batches_tracked"].Shape));
        using var encoder = Open("encoder");
        Assert.DoesNotContain(encoder.Tensors.Keys, name => name.StartsWith("decoder", StringComparison.Ordinal));
    }

    /// <summary>The file of one module alone, with the counters of PyTorch's batch normalization in it, loads here too.</summary>
    [Fact]
    public void TheGeneratorLoadsAndDrawsTheSamePicture()
    {
        using var scope = new Scope();
        using var device = Device.Open(new DeviceSettings("cpu", 1));
        using var random = new RandomStream(device, 1);
        using var generator = new Generator(random, _saved.Run.Model) { Training = false };
        new Checkpoint().Add("", generator).Load(Path.Combine(_folder, "weights", "generator.safetensors"));
        using var original = _saved.LoadGenerator(device, Direction.SoundToImage);
        var (code, noise) = (random.Normal([2, 64]), random.Normal([2, 10]));
        Assert.Equal(original.Forward(code, noise).ToArray(), generator.Forward(code, noise).ToArray());
    }

    [Fact]
    public void SpectralNormalizationIsDividedOut()
    {
        using var device = Device.Open(new DeviceSettings("cpu", 1));
        using var discriminator = _saved.LoadDiscriminator(device)!;
        var layer = (Convolution2d)discriminator.NamedModules.Single(module => module.Name == "conv2").Module;
        using var file = Open("discriminator");
        Assert.DoesNotContain(file.Tensors.Keys, name => name.Contains("weight_", StringComparison.Ordinal));
        var stored = MemoryMarshal.Cast<byte, float>(file.Read(file.Tensors["conv2.weight"])).ToArray();
        Assert.Equal(layer.InferenceWeight().Permute(0, 3, 1, 2).ToArray(), stored);
        Assert.NotEqual(layer.Weight.Permute(0, 3, 1, 2).ToArray(), stored);
    }

    [Fact]
    public void TheScriptIsPython()
    {
        var script = Path.Combine(_folder, "weights", WeightsExport.Script);
        Assert.Contains("channels = [128, 64, 32, 16, 3]", File.ReadAllText(script), StringComparison.Ordinal);
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "python3"))), "there is no python3");
        const string parse = "import ast, sys; ast.parse(open(sys.argv[1]).read())";
        using var python = Process.Start(new ProcessStartInfo("python3", ["-c", parse, script]) { RedirectStandardError = true })!;
        var said = python.StandardError.ReadToEnd();
        python.WaitForExit();
        Assert.True(python.ExitCode == 0, said);
    }

    /// <summary>
    /// The generator that repeats pixels, which sound to image has by default: the names and shapes of the script's layers are those of the
    /// weights that are written beside it.
    /// </summary>
    [Fact]
    public void TheScriptOfAGeneratorThatRepeatsPixelsEndsWithAConvolution()
    {
        var settings = Presets.Quick.Model;
        var script = WeightsExport.ScriptFor(settings, "generator.safetensors");
        Assert.Contains("channels = [256, 128, 64, 32, 16]", script, StringComparison.Ordinal);
        Assert.Contains("nn.Linear(64 + 32, 16 * channels[0], bias=False)", script, StringComparison.Ordinal);
        Assert.Contains("4, 2, 1, bias=False)", script, StringComparison.Ordinal);
        Assert.Contains("\nlayers[\"norm5\"], layers[\"relu5\"] = nn.BatchNorm2d(channels[-1]), nn.ReLU()\n"
            + "layers[\"image\"] = nn.Conv2d(channels[-1], 3, 3, padding=1)\ngenerator = ", script, StringComparison.Ordinal);
        using var device = Device.Open(new DeviceSettings("cpu", 1));
        using var random = new RandomStream(device, 1);
        using var generator = new Generator(random, settings) { Training = false };
        using var scope = new Scope();
        var written = InferenceWeights.Of(generator).SelectMany(WeightsExport.Sources).ToDictionary(source => source.Name);
        Assert.Equal(new Shape(32, 16, 4, 4), written["deconv4.weight"].Shape);
        Assert.Equal(new Shape(3, 16, 3, 3), written["image.weight"].Shape);
        Assert.Equal(new Shape(16), written["norm5.running_var"].Shape);
        Assert.DoesNotContain("deconv4.bias", written.Keys);
    }

    private SafeTensorsFile Open(string network) => SafeTensors.Open(Path.Combine(_folder, "weights", $"{network}.safetensors"));
}
