using CrossModal.Audio;
using CrossModal.Data.Synthetic;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Studio;

/// <summary>The weights that come with the program: what the folder <c>models</c> beside it holds.</summary>
public sealed class ShippedModelsTests
{
    private const long MostBytes = 6_000_000;

    private static readonly string Models = Path.Combine(AppContext.BaseDirectory, "models");

    [Fact]
    public void TheyAreSmallAndEachIsDescribed()
    {
        var files = new DirectoryInfo(Models).GetFiles("*", SearchOption.AllDirectories);
        Assert.InRange(files.Sum(file => file.Length), 1, MostBytes);
        var card = File.ReadAllText(Path.Combine(Models, "README.md"));
        foreach (var model in Directory.GetDirectories(Models))
        {
            var run = SavedRun.Open(model, RunKind.All).Run;
            Assert.Contains($"`{Path.GetFileName(model)}`", card, StringComparison.Ordinal);
            Assert.Contains($"train {run.Kind.Name} --preset {run.Preset}", card, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ANoteOfAnInstrumentIsDrawnAsItsPlayer()
    {
        using var device = Device.Open(new DeviceSettings("cpu", 1));
        using var run = new LiveRun(device, SavedRun.Open(Path.Combine(Models, "pose-s2i"), RunKind.All));
        var right = 0;
        foreach (var instrument in BuiltInInstrument.All)
        {
            var (lowest, highest) = instrument.Compass;
            var heard = run.Hear(instrument.Note((lowest + highest) / 2, 1)[..LogMelSpectrogram.Samples]);
            right += run.Draw(heard.Code, new float[run.NoiseSize]).Seen.Class == instrument.Name ? 1 : 0;
        }

        // Of thirteen. The figures of the run over all its songs are in its evaluation.json.
        Assert.InRange(right, 11, BuiltInInstrument.All.Count);
    }
}
