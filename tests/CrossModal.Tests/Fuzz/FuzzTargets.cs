using System.Text;
using System.Text.Json;
using CrossModal.Adversarial;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Evaluation.Human;
using CrossModal.Experiments;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Fuzz;

/// <summary>A reader that is open for many inputs.</summary>
/// <param name="Read">Reads the file and everything that it can be asked for.</param>
/// <param name="Close">What is done at the end.</param>
internal sealed record FuzzedReader(Action<string> Read, Action? Close = null) : IDisposable
{
    public void Dispose() => Close?.Invoke();
}

/// <summary>A reader of the program.</summary>
/// <param name="FileName">What its file is called.</param>
/// <param name="Seeds">Inputs that it takes.</param>
/// <param name="Open">Makes it ready.</param>
internal sealed record FuzzTarget(string Name, string FileName, Func<byte[][]> Seeds, Func<FuzzedReader> Open);

/// <summary>Every reader that the program has of files from outside.</summary>
internal static class FuzzTargets
{
    private const long LargestWhole = 1 << 20;

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Of("wav", "a.wav", FuzzSeeds.Sounds, path =>
        {
            WavFile.ReadHeader(path);
            WavFile.ReadMono(path);
        }),
        Of("mp3", "a.mp3", () => FuzzSeeds.Cases("tone.mp3"), path =>
        {
            using var stream = File.OpenRead(path);
            Mp3File.ReadMono(stream, path);
        }),
        Of("ogg", "a.ogg", () => FuzzSeeds.Cases("tone.ogg"), path =>
        {
            using var stream = File.OpenRead(path);
            OggFile.Read(stream, path);
        }),

        // The decoder alone: pages that were changed do not come so far.
        Of("vorbis", "a.ogg", () => FuzzSeeds.Cases("tone.ogg"), path =>
        {
            using var stream = File.OpenRead(path);
            VorbisFile.ReadMono(stream, path);
        }),
        Of("flac", "a.flac", () => [FuzzSeeds.Flac], path =>
        {
            using var stream = File.OpenRead(path);
            FlacHeader.Read(stream);
        }),
        Of("events", "events.out.tfevents.0000000001.crossmodal.gan", () => [FuzzSeeds.Events], path =>
            new EventFiles(Path.GetDirectoryName(path)!).Rewind(1)),
        Of("png", "a.png", FuzzSeeds.Png, Picture),
        Of("jpeg", "a.jpg", FuzzSeeds.Jpeg, Picture),
        Of("webp", "a.webp", FuzzSeeds.WebP, Picture),
        Of("bmp", "a.bmp", FuzzSeeds.Bmp, Picture),
        Of("safetensors", "a.safetensors", FuzzSeeds.Checkpoints, path =>
        {
            using var file = SafeTensors.Open(path);
            foreach (var tensor in file.Tensors.Values)
                file.Read(tensor);
        }),
        new("checkpoint", "a.safetensors", FuzzSeeds.Checkpoints, () =>
        {
            var (device, checkpoint) = FuzzSeeds.Network();
            return new FuzzedReader(path => checkpoint.Load(path), device.Dispose);
        }),
        Of("checkpoint-text", "a.safetensors", FuzzSeeds.Checkpoints, path =>
        {
            GanProgress.Read(path);
            GanProgress.ReadModel(path);
        }),
        Of("run", "run.json", FuzzSeeds.Runs, path => RunSettings.Read(path).ToJson()),
        Of("metrics", "metrics.jsonl", FuzzSeeds.Metrics, path =>
        {
            var folder = new RunFolder(Path.GetDirectoryName(path)!);
            var lines = folder.ReadMetrics();
            RunFolder.EpochsIn(lines, "gan");
            _ = lines.Select(line => line.Values.Count).ToArray();
        }),
        Of("contents", "contents.json", () =>
            [Json(new SampleCache.Contents(3, 4, [new BadSample(1, "a.png", "a.png: is damaged")], [], [2], ["b.wav"]),
                CacheJson.Default.Contents)],
            path => SampleCache.ReadContents(path)),
        Of("cache", "images.bin", FuzzSeeds.Cache, path =>
        {
            using var file = BlockFile.TryOpen(path, FuzzSeeds.CacheBytes);
            file?.Read(7, new byte[FuzzSeeds.CacheBytes - 7]);
        }),
        Of("experiment", "experiment.json", () => [Json(new ExperimentState(FuzzSeeds.Experiment, new() { ["S2I-C"] = 12.5 }),
            ExperimentJson.Default.ExperimentState)],
            path => ExperimentFolder.Open(Path.GetDirectoryName(path)!, FuzzSeeds.Experiment)),
        Of("cell", "cell.json", () => [Json(new RepresentationCell("LMS", 3, 0.84, new SplitAccuracy(0.5, 0.4, 8,
            new Dictionary<string, double> { ["cello"] = 0.5 }), 32, 8, 2017, 1.5), ExperimentJson.Default.RepresentationCell)],
            path => RepresentationsExperiment.ReadCell(path)),
        Of("evaluation", "evaluation.json", () => [.. new[] { "s2i", "i2s", "cmcgan" }.Select(name =>
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Runs", "OldRuns", name, "evaluation.json")))],
            path => EvaluationReport.Read(path)),
        Of("key", "key.json", () => [Json(FuzzSeeds.Key, RatingJson.Default.RatingKey)], path => RatingKey.Read(path)),
        Of("answers", "answers.json", () => [Json(FuzzSeeds.Answers, RatingJson.Default.RatingAnswers)],
            path => RatingAnswers.Read(path, FuzzSeeds.Key)),
        Of("choices", "choices.json", () => [Encoding.UTF8.GetBytes(
            """{"identity": "card", "choices": {"product of 4": {"chosen": "fast", "milliseconds": {"fast": 0.5, "slow": 1}}}}""")],
            path => new KernelChoiceFile(path, "card").Find("product of 4")),
        Of("manifest", "manifest.csv", () => [Encoding.UTF8.GetBytes(
            "modality,instrument,file,split\r\naudio,cello,\"audio/cello/a,b.wav\",train\r\n"
                + "image,\"ce\"\"llo\",images/cello/c.png,test\n")],
            path =>
            {
                var folder = Path.GetDirectoryName(path)!;
                Directory.CreateDirectory(Path.Combine(folder, "images"));
                Directory.CreateDirectory(Path.Combine(folder, "audio"));
                DatasetIndex.Examine(folder);
            }),
        Of("poses", "poses.csv", () => [Encoding.UTF8.GetBytes(
            "stem,pitch_hz,left_hand,string,stroke,sway,dynamics\ncello00_0,220.5,0.25,2,0.5,-1,0.75\ncello00_500,1e2,0,0,1,1,0\n")],
            path => PoseTable.Read(Path.GetDirectoryName(path)!)),
    ];

    private static FuzzTarget Of(string name, string file, Func<byte[][]> seeds, Action<string> read) =>
        new(name, file, seeds, () => new FuzzedReader(read));

    private static void Picture(string path)
    {
        // As large as it says it is, up to 300 MB, is a picture that is read whole.
        var (width, height) = ImageFile.ReadSize(path);
        ImageFile.ReadSquare(path, 16);
        if ((long)width * height <= LargestWhole)
            ImageFile.Read(path);
    }

    private static byte[] Json<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.SerializeToUtf8Bytes(value, type);
}
