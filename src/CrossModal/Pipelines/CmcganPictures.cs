using CrossModal.Data;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>The picture of an epoch of <c>train cmcgan</c>: a row an instrument, images on the left, spectrograms on the right.</summary>
internal static class CmcganPictures
{
    private const int Columns = 4;
    private const ulong SampleStream = 0x7361_0000_0000_0000;

    /// <summary>
    /// A real image and those made from validation sounds, then a real spectrogram and those made from validation images; always the same
    /// conditions and noise.
    /// </summary>
    /// <param name="sounds">Codes of sounds.</param>
    /// <param name="images">Codes of images.</param>
    public static void Draw(string path, string title, CmcganSession session, CrossModalGenerator networks, ConditionCodes sounds,
        ConditionCodes images)
    {
        var rows = new List<IReadOnlyList<RgbImage?>>();
        for (var c = 0; c < session.Run.Classes.Count; c++)
            rows.Add([.. Half(session, Direction.SoundToImage, networks, sounds, c),
                .. Half(session, Direction.ImageToSound, networks, images, c)]);
        string[] labels = ["real", .. Enumerable.Range(1, Columns).Select(k => $"sound {k}"), "real", .. Enumerable.Range(1, Columns)
            .Select(k => $"image {k}")];
        new SampleGrid(title, labels, session.Run.Classes, rows).Write(path);
    }

    private static RgbImage?[] Half(CmcganSession session, Direction direction, CrossModalGenerator networks, ConditionCodes codes, int c)
    {
        var row = new RgbImage?[1 + Columns];
        var real = session.JudgeOf(direction).Samples(Split.Validation);
        var examples = Enumerable.Range(0, real.Count).Where(i => real.Label(i) == c).ToArray();
        if (examples.Length > 0)
            row[0] = GanTraining.Picture(real, examples[examples.Length / 2]);
        var conditions = Enumerable.Range(0, codes.Count).Where(i => codes.Classes[i] == c).ToArray();
        if (conditions.Length > 0)
        {
            int[] chosen = [.. Enumerable.Range(0, Columns).Select(k => conditions[k * conditions.Length / Columns])];
            session.Samples(direction, networks).Draw(codes, chosen, i => new CountedRandom(session.Run.Seed, SampleStream | (uint)i))
                .CopyTo(row, 1);
        }

        return row;
    }
}
