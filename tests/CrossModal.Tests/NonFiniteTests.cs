using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;
using CrossModal.Training;

namespace CrossModal.Tests;

/// <summary>Nothing that is not finite is drawn, written or counted: the message names what makes it.</summary>
public sealed class NonFiniteTests(TinyRun tiny) : RunTests(tiny)
{
    [Theory]
    [InlineData("generator.project.weight", "generator")]
    [InlineData("sound_classifier.", "encoder")]
    public void WeightsThatAreNotFiniteDrawNothing(string tensor, string maker)
    {
        var folder = CopyOfWhole();
        var file = maker == "generator" ? folder.Last : folder.SoundClassifier;
        Spoil(file, tensor == "generator.project.weight" ? "ema.project.weight" : tensor);
        var (input, output) = (Path.Combine(folder.Path, "in.wav"), Path.Combine(folder.Path, "out.png"));
        new AudioClip(TinyData.Tone(1, 0.5, 7), 44100).Save(input);
        var line = Cli.Invocation.InProcess(
            "generate", "s2i", "--run", folder.Path, "--input", input, "--output", output, "--device", "cpu")
            .Failure();
        Assert.Contains($"the {maker} in {file} makes", line);
        Assert.Contains("that are not finite", line);
        Assert.False(File.Exists(output));

        using var run = TrainedRun.Open(folder.Path, new DeviceSettings("cpu", 1));
        var error = Assert.Throws<NonFiniteException>(() => run.Evaluate(cancel: TestContext.Current.CancellationToken));
        Assert.Contains($"the {maker} makes", error.Message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void NeitherTensorsNorPicturesPass(float value)
    {
        using var device = Device.Open("cpu", 1);
        using var scope = new Scope();
        var samples = Tensor.From(device, [1, 2, 2, 3], [0, 1, -1, 0.5f, 0, 0, 0, 0, value, 0, 0, 0]);
        var whole = Tensor.From(device, [1, 2, 2, 3], [0, 1, -1, 0.5f, 0, 0, 0, 0, 1e30f, 0, 0, 0]);
        Assert.Same(whole, Finite.Require(whole, "it", "numbers"));
        Assert.Contains("it makes numbers", Assert.Throws<NonFiniteException>(() => Finite.Require(samples, "it", "numbers")).Message);
        Assert.Throws<NonFiniteException>(() => SamplePicture.OfBatch(samples));
        var judge = new Judge(samples * 0f);
        Assert.Contains("the judge makes", Assert.Throws<NonFiniteException>(() =>
            JudgedSamples.Collect(judge, 1, (_, _) => whole)).Message);
    }

    /// <summary>A judge whose logits are given.</summary>
    private sealed class Judge(Tensor logits) : IJudge
    {
        public bool Training { get; set; }

        public (Tensor Logits, Tensor Features) Examine(Tensor samples) => (logits.Reshape(1, 12), samples.Reshape(1, 12));
    }

    /// <summary>
    /// Makes every number of some tensors NaN. The checksum is left out, as in files of before there was one.
    /// </summary>
    private static void Spoil(string path, string prefix)
    {
        var bytes = File.ReadAllBytes(path);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var header = Encoding.UTF8.GetString(bytes, 8, length);
        var spoiled = 0;
        using (var parsed = JsonDocument.Parse(header))
        {
            foreach (var entry in parsed.RootElement.EnumerateObject()
                .Where(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal)
                && entry.Value.GetProperty("dtype").GetString() == "F32"))
            {
                var place = entry.Value.GetProperty("data_offsets");
                var (from, to) = (place[0].GetInt32(), place[1].GetInt32());
                MemoryMarshal.Cast<byte, float>(bytes.AsSpan(8 + length + from, to - from)).Fill(float.NaN);
                spoiled++;
            }
        }

        Assert.True(spoiled > 0, $"{prefix} in {header}");
        Encoding.UTF8.GetBytes(header.Replace("\"crc32c\"", "\"older_\"")).CopyTo(bytes, 8);
        File.WriteAllBytes(path, bytes);
    }
}
