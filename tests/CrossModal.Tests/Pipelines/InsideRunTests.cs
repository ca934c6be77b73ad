using CrossModal.Data.Synthetic;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Pipelines;

/// <summary>Looking into a run's networks.</summary>
public sealed class InsideRunTests : IDisposable
{
    private readonly Device _device = Device.Open("cpu", 1);
    private readonly LiveRun _run;
    private readonly float[] _window = BuiltInInstrument.Find("violin").Note(69, 1)[5000..27050];

    public InsideRunTests(TinyRun tiny) => _run = new LiveRun(_device, SavedRun.Open(tiny.Whole.Path, RunKind.All));

    public void Dispose()
    {
        _run.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void EveryLayerOnTheWayIsSeenOnceAndTheLastOneIsThePicture()
    {
        var (drawn, outputs) = new InsideRun(_run).Look(_window, Noise(1));
        Assert.Equal(outputs.Count, outputs.Select(output => (output.Network, output.Name)).Distinct().Count());
        var last = outputs.Last(output => output.Network == "generator");
        var pixels = Array.ConvertAll(last.Values, value => (int)MathF.Round((MathF.Tanh(value) + 1) * 127.5f));
        Assert.All(pixels.Zip(drawn.Image.Pixels), pair => Assert.InRange(pair.Second, pair.First - 1, pair.First + 1));

        // Without a tap the same is drawn.
        Assert.Equal(drawn.Image.Pixels, _run.Draw(_run.Hear(_window).Code, Noise(1)).Image.Pixels);
    }

    [Fact]
    public void SaliencyIsTheSlopeOfThePatchByEachLevel()
    {
        var (inside, noise) = (new InsideRun(_run), Noise(2));
        var slopes = inside.Saliency(_window, noise, (8, 16, 24, 12), 1);
        using var scope = new Scope();
        var spectrogram = _run.Spectrogram(_window);
        var levels = spectrogram.ToArray();
        foreach (var place in Enumerable.Range(0, slopes.Length).OrderByDescending(i => Math.Abs(slopes[i])).Take(5))
        {
            const float Step = 0.02f;
            var difference = (Brightness(place, Step) - Brightness(place, -Step)) / (2 * Step);
            Assert.Equal(slopes[place], difference, 0.1 * Math.Abs(slopes[place]) + 1e-7);
        }

        double Brightness(int place, float change)
        {
            var moved = (float[])levels.Clone();
            moved[place] += change;
            using var pause = Tape.Paused();
            return _run.Picture(Tensor.From(_device, spectrogram.Shape, moved), noise).Slice(1, 16, 28).Slice(2, 8, 32).Mean().Item();
        }
    }

    [Fact]
    public void IntegratedGradientsAddUpToWhatTheSoundChanges()
    {
        var (inside, noise) = (new InsideRun(_run), Noise(3));
        var parts = inside.Saliency(_window, noise, (0, 0, 64, 64), 200);
        using var scope = new Scope();
        using var pause = Tape.Paused();
        var sound = _run.Spectrogram(_window);
        var change = _run.Picture(sound, noise).Mean().Item() - _run.Picture(Tensor.Full(_device, sound.Shape, -1), noise).Mean().Item();
        Assert.Equal(change, parts.Sum(), 0.05 * Math.Abs(change) + 1e-6);
    }

    [Theory]
    [InlineData(60, 0, 8, 8)]
    [InlineData(-1, 0, 8, 8)]
    [InlineData(0, 0, 0, 8)]
    public void APatchOutsideOfThePictureIsRefused(int x, int y, int width, int height) =>
        Assert.Throws<BadInputException>(() => new InsideRun(_run).Saliency(_window, Noise(1), (x, y, width, height), 1));

    private float[] Noise(ulong seed)
    {
        var random = new CountedRandom(seed, 0);
        return [.. Enumerable.Range(0, _run.NoiseSize).Select(_ => random.NextNormal())];
    }
}
