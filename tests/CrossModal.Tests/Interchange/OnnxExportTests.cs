using System.Text.Json;
using CrossModal.Audio;
using CrossModal.Data.Synthetic;
using CrossModal.Interchange;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Interchange;

/// <summary>The weights that ship, computed by ONNX Runtime and here, from the same sounds, pictures and noise.</summary>
public sealed class OnnxExportTests(OnnxExportTests.Exported exported, ITestOutputHelper output) : IClassFixture<OnnxExportTests.Exported>
{
    /// <summary>Of values of about 1; of logits, which reach 40, of the largest.</summary>
    private const double Tolerance = 1e-5;

    /// <summary>
    /// The logarithm shows the rounding of what is quiet beside what is loud. With these sounds the picture of either side is up to 1.8e-5
    /// from the one that is computed in float64, so they need not be nearer to each other.
    /// </summary>
    private const double HeardTolerance = 4e-5;

    /// <summary>Two loops of 30 and 64 rounds find the phases, and each round carries the rounding of those before it on.</summary>
    private const double SoundTolerance = 1e-3;

    [Theory]
    [InlineData("pose-s2i", "generator", 1, 3, 64)]
    [InlineData("pose-s2i", "encoder", 1, 3, 64)]
    [InlineData("pose-s2i", "judge", 1, 3, 64)]
    [InlineData("pose-s2i", "discriminator", 1, 3, 64)]
    [InlineData("pose-s2i", "sound-to-image", 1, 3, 64)]
    [InlineData("i2s", "generator", 1, 3, 64)]
    [InlineData("i2s", "encoder", 1, 3, 64)]
    [InlineData("i2s", "judge", 1, 3, 64)]
    [InlineData("i2s", "discriminator", 1, 3, 64)]
    [InlineData("i2s", "image-to-sound", 1, 3)]
    public void AnotherRuntimeComputesWhatIsComputedHere(string model, string file, params int[] batches)
    {
        using var scope = new Scope();
        using var pause = Tape.Paused();
        using var onnx = exported.Open(model, file);
        foreach (var batch in batches)
        {
            var (inputs, expected) = exported.Compute(model, file, batch);
            var computed = onnx.Run(inputs);
            Assert.Equal(expected.Select(value => value.Name).Order(), computed.Keys.Order());
            foreach (var (name, values) in expected)
            {
                Assert.Equal(values.Length, computed[name].Length);
                var largest = values.Zip(computed[name], (ours, theirs) => Math.Abs((double)ours - theirs)).Max();
                var scale = Math.Max(1, values.Max(Math.Abs));
                output.WriteLine($"{name}, batch {batch}: {largest:E1} of {scale:0.0}");
                Assert.InRange(largest / scale, 0, (file, name) switch
                {
                    ("sound-to-image", _) => HeardTolerance,
                    (_, "sound") => SoundTolerance,
                    _ => Tolerance,
                });
            }
        }
    }

    [Fact]
    public void AFileSaysWhatItTakesAndMeans()
    {
        using var onnx = exported.Open("pose-s2i", "sound-to-image");
        Assert.Equal([("image", "-1,3,64,64"), ("noise", "-1,10"), ("sound", "-1,22050")],
            onnx.Ends.Select(end => (end.Name, string.Join(',', end.Shape))).Order());
        Assert.Equal(SavedRun.Open(exported.RunOf("pose-s2i"), RunKind.All).Run.Classes,
            JsonSerializer.Deserialize<string[]>(onnx.Metadata["classes"])!);
        Assert.Equal(("train s2i", "44100", "22050", "44", "128"), (onnx.Metadata["command"], onnx.Metadata["sample_rate"],
            onnx.Metadata["samples"], onnx.Metadata["frames"], onnx.Metadata["mels"]));
    }

    /// <summary>Both runs as they ship, exported once, and what their networks make of 64 sounds.</summary>
    public sealed class Exported : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-onnx-").FullName;
        private readonly Device _device = Device.Open(new DeviceSettings("cpu"));
        private readonly Dictionary<string, (RunNetworks Networks, GenerationNetworks Whole)> _runs = [];
        private readonly float[] _sounds = [.. Enumerable.Range(0, 64).SelectMany(Sound)];

        public Exported()
        {
            foreach (var model in new[] { "pose-s2i", "i2s" })
            {
                var saved = SavedRun.Open(RunOf(model), RunKind.All);
                OnnxExport.Write(saved, Path.Combine(_folder, model));
                var direction = saved.Run.Kind.Directions[0];
                _runs.Add(model, (new RunNetworks(_device, saved, direction), new GenerationNetworks(_device, saved, direction)));
            }
        }

        internal string RunOf(string model) => Path.Combine(AppContext.BaseDirectory, "models", model);

        internal OnnxModel Open(string model, string file) => new(Path.Combine(_folder, model, $"{file}.onnx"));

        /// <summary>The inputs of a file for so many samples, and what they become here, by the names in the file.</summary>
        internal ((string Name, float[] Values)[] Inputs, (string Name, float[] Values)[] Expected) Compute(string model, string file,
            int batch)
        {
            var (networks, whole) = _runs[model];
            var sounds = Tensor.From(_device, [batch, LogMelSpectrogram.Samples], _sounds.AsSpan(0, batch * LogMelSpectrogram.Samples));
            var noise = Noise(batch);
            var heard = Heard(sounds);
            var drawn = Draw(heard, noise);
            var isDrawing = networks.Direction == Direction.SoundToImage;
            var condition = isDrawing ? heard : drawn;
            var code = networks.Encoder.Encode(condition);
            var made = networks.Generator.Forward(code, noise);
            var (sample, conditionName) = networks.Words;
            switch (file)
            {
                case "generator":
                    return ([("code", code.ToArray()), ("noise", noise.ToArray())], [(sample, OnnxModel.Turned(made))]);
                case "encoder":
                    return ([(conditionName, OnnxModel.Turned(condition))],
                        [("code", code.ToArray()), ("classes", networks.Encoder.Classify!(condition).ToArray())]);
                case "judge":
                    var (logits, features) = networks.Judge.Examine(made);
                    return ([(sample, OnnxModel.Turned(made))], [("classes", logits.ToArray()), ("features", features.ToArray())]);
                case "discriminator":
                    var (scores, classes, codes) = networks.Discriminator!.ForwardWithHeads(made, code);
                    return ([(sample, OnnxModel.Turned(made)), ("code", code.ToArray())],
                    [
                        ("score", scores.ToArray()), ("classes", classes!.ToArray()),
                        .. codes is null ? [] : new[] { ("codes", codes.ToArray()) },
                    ]);
                case "sound-to-image":
                    return ([("sound", sounds.ToArray()), ("noise", noise.ToArray())], [("image", OnnxModel.Turned(made))]);
                default:
                    return ([("image", OnnxModel.Turned(condition)), ("noise", noise.ToArray())],
                    [
                        ("spectrogram", OnnxModel.Turned(made)),
                        ("sound", [.. whole.Invert(made, OnnxFiles.PhaseSeed).SelectMany(sound => sound)]),
                    ]);
            }
        }

        public void Dispose()
        {
            foreach (var (networks, whole) in _runs.Values)
            {
                networks.Dispose();
                whole.Dispose();
            }

            _device.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        private Tensor Noise(int batch)
        {
            var random = new CountedRandom(7);
            return Tensor.From(_device, [batch, 10], [.. Enumerable.Range(0, 10 * batch).Select(_ => random.NextNormal())]);
        }

        private Tensor Heard(Tensor sounds)
        {
            using var frontEnd = new LogMelSpectrogram(_device);
            return frontEnd.Compute(sounds);
        }

        private Tensor Draw(Tensor heard, Tensor noise)
        {
            var drawing = _runs["pose-s2i"].Networks;
            return drawing.Generator.Forward(drawing.Encoder.Encode(heard), noise);
        }

        /// <summary>Notes of all instruments, from the lowest to the highest that each can play, soft and loud.</summary>
        private static float[] Sound(int number)
        {
            var (instrument, step) = (BuiltInInstrument.All[number % 13], number / 13);
            var (lowest, highest) = instrument.Compass;
            return instrument.Note(lowest + step * (highest - lowest) / 4, seconds: 0.6f, 0.2f + 0.2f * step)[..LogMelSpectrogram.Samples];
        }
    }
}
