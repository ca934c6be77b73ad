using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using CrossModal.Interchange;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Interchange;

/// <summary>
/// Exported weights on libtorch, loaded by name, against what is computed here. <c>CROSSMODAL_LIBTORCH_LAUNCHER</c> is a program that
/// starts another, <c>LAUNCHER PROGRAM.dll ARGS</c>: <c>dotnet</c>, or what gives TorchSharp's native part the C++ library that it needs.
/// </summary>
public sealed class LibTorchTests : IDisposable
{
    private const int Batch = 8;

    /// <summary>Of values of about 1; of larger logits, of the largest.</summary>
    private const double Tolerance = 1e-5;

    private static readonly string PeerFolder =
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "TorchSharpStep", "release"));

    private readonly ITestOutputHelper _output;
    private readonly string _launcher;

    /// <summary>Beside the program, because a launcher may let it see nothing else.</summary>
    private readonly string _folder = Path.Combine(PeerFolder, $"check-{Guid.NewGuid():N}");

    private readonly Device _device;
    private readonly RandomStream _random;

    public LibTorchTests(ITestOutputHelper output)
    {
        var launcher = Environment.GetEnvironmentVariable("CROSSMODAL_LIBTORCH_LAUNCHER");
        Assert.SkipWhen(launcher is null, "CROSSMODAL_LIBTORCH_LAUNCHER names no program that starts TorchSharp");
        Assert.True(File.Exists(Path.Combine(PeerFolder, "TorchSharpStep.dll")), "dotnet build benchmarks/peers/TorchSharpStep first");
        (_output, _launcher, _device) = (output, launcher!, Device.Open(new DeviceSettings("cpu", 1)));
        _random = new RandomStream(_device, 3);
        Directory.CreateDirectory(_folder);
    }

    public void Dispose()
    {
        _random.Dispose();
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("pose-s2i")]
    [InlineData("i2s")]
    public void TheWeightsThatShipComputeThere(string model)
    {
        using var scope = new Scope();
        using var pause = Tape.Paused();
        var saved = Export(model);
        using var generator = saved.LoadGenerator(_device, saved.Run.Kind.Directions[0]);
        using var discriminator = saved.LoadDiscriminator(_device)!;
        WriteSamples(saved.Run.Model, generator, discriminator);
        AssertSame("generator", "sample");
        AssertSame("discriminator", saved.Run.Model.CodeHead ? ["classes", "codes", "score"] : ["classes", "score"]);
    }

    /// <summary>
    /// Full width, batch normalization in both, no other heads; and half of it, a generator that repeats pixels, and no normalization in
    /// the discriminator but that of its weights.
    /// </summary>
    [Theory]
    [InlineData("paper")]
    [InlineData("quick")]
    public void ThePresetsComputeThere(string preset)
    {
        using var scope = new Scope();
        using var pause = Tape.Paused();
        var settings = Presets.Find(preset).Model;
        using var generator = new Generator(_random, settings);
        using var discriminator = new Discriminator(_random, settings);

        // Until the running statistics are those of a batch; with those of a new layer, hardly anything comes out.
        for (var pass = 0; pass < 40; pass++)
        {
            using var inner = new Scope();
            var code = _random.Normal([Batch, settings.CodeSize]);
            discriminator.Forward(generator.Forward(code, _random.Normal([Batch, settings.NoiseSize])), code);
        }

        (generator.Training, discriminator.Training) = (false, false);
        foreach (var (name, network) in new (string, Module)[] { ("generator", generator), ("discriminator", discriminator) })
            SafeTensors.Write(FileOf(name), [.. InferenceWeights.Of(network).SelectMany(WeightsExport.Sources)]);
        WriteSamples(settings, generator, discriminator);
        AssertSame("generator", "sample");
        AssertSame("discriminator", "score");
    }

    [Theory]
    [InlineData("generator", "norm2.running_var", null, "the weights have no norm2.running_var")]
    [InlineData("generator", "norm2.num_batches_tracked", "norm2.seen", "the network has no norm2.seen")]
    [InlineData("generator", "project.weight", null, "the weights have no project.weight")]
    [InlineData("generator", "norm3.bias", "norm3.bias", "norm3.bias is [31], not [32]")]
    [InlineData("discriminator", "conv2.weight", "conv2.weight_orig", "the weights have no conv2.weight")]
    public void WhatDoesNotFitIsRefusedInALine(string network, string tensor, string? instead, string message)
    {
        Export("pose-s2i");
        List<SafeTensorSource> changed = [];
        using (var file = SafeTensors.Open(FileOf(network)))
        {
            foreach (var (name, entry) in file.Tensors)
            {
                var bytes = file.Read(entry);
                if (name != tensor)
                    changed.Add(new(name, entry.Type, entry.Shape, () => bytes));
                else if (name == instead)
                    changed.Add(new(name, entry.Type, [entry.Shape[0] - 1], () => bytes.AsMemory(sizeof(float))));
                else if (instead is not null)
                    changed.Add(new(instead, entry.Type, entry.Shape, () => bytes));
            }
        }

        SafeTensors.Write(FileOf(network), changed);
        SafeTensors.Write(FileOf("samples"), []);
        var (code, said, complained) = Compare(network);
        Assert.Equal((1, ""), (code, said));
        var line = Assert.Single(complained.Split('\n'), line => line.StartsWith("error:", StringComparison.Ordinal));
        Assert.Contains(message, line, StringComparison.Ordinal);
    }

    private SavedRun Export(string model)
    {
        var saved = SavedRun.Open(Path.Combine(AppContext.BaseDirectory, "models", model), RunKind.All);
        WeightsExport.Write(saved, Path.Combine(_folder, "weights"));
        return saved;
    }

    /// <summary>Codes and noise, and what both networks make of them.</summary>
    private void WriteSamples(ModelSettings settings, Generator generator, Discriminator discriminator)
    {
        var code = _random.Normal([Batch, settings.CodeSize]).Tanh();
        var noise = _random.Normal([Batch, settings.NoiseSize]);
        var sample = generator.Forward(code, noise);
        var (score, classes, codes) = discriminator.ForwardWithHeads(sample, code);
        var all = new (string Name, Tensor? Tensor)[]
        {
            ("code", code), ("noise", noise), ("sample", sample.Permute(0, 3, 1, 2)),
            ("score", score), ("classes", classes), ("codes", codes),
        };
        SafeTensors.Write(FileOf("samples"),
        [
            .. from entry in all
               where entry.Tensor is not null
               let values = entry.Tensor.ToArray()
               select new SafeTensorSource(entry.Name, ElementType.Float32, entry.Tensor.Shape,
                   () => MemoryMarshal.AsBytes<float>(values).ToArray()),
        ]);
    }

    private void AssertSame(string network, params string[] outputs)
    {
        var (code, said, complained) = Compare(network);
        Assert.True(code == 0, complained);
        var compared = JsonNode.Parse(said)!.AsObject();
        Assert.Equal(outputs, compared.Select(output => output.Key).Order());
        foreach (var (name, output) in compared)
        {
            var (largest, of) = ((double)output!["largest_difference"]!, (double)output["of"]!);
            _output.WriteLine($"{network}, {name}: {largest:E1} of {of:0.00}");
            Assert.True(of > 1e-2, $"{name}: nothing to compare");
            Assert.InRange(largest / Math.Max(1, of), 0, Tolerance);
        }
    }

    private (int Code, string Output, string Error) Compare(string network)
    {
        using var peer = Process.Start(new ProcessStartInfo(_launcher,
        [
            Path.Combine(PeerFolder, "TorchSharpStep.dll"), "--what", "check", "--threads", "1",
            "--weights", Path.GetRelativePath(PeerFolder, FileOf(network)),
            "--samples", Path.GetRelativePath(PeerFolder, FileOf("samples")),
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var complained = peer.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = peer.StandardOutput.ReadToEnd();
        peer.WaitForExit();
        return (peer.ExitCode, said, complained.Result);
    }

    private string FileOf(string name) =>
        Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "weights")).FullName, $"{name}.safetensors");
}
