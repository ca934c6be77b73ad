using System.Buffers.Binary;
using System.Text;
using CrossModal.Adversarial;
using CrossModal.Data;
using CrossModal.Evaluation.Human;
using CrossModal.Experiments;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Imaging;
using SkiaSharp;

namespace CrossModal.Tests.Fuzz;

/// <summary>Small valid inputs, made by code.</summary>
internal static class FuzzSeeds
{
    /// <summary>Bytes of a cache's file without its checksum.</summary>
    public const int CacheBytes = 1000;

    private const int Side = 18;

    public static ExperimentSettings Experiment { get; } = new("experiment variants", "synthetic", "tiny", 2017, 52, null);

    public static RatingKey Key { get; } = RatingKey.Create("abcdef0123456789", 2017,
        [new("id0", "real", false, "cello", "s0.wav"), new("id1", "run", true, "flute", "s1.wav")]);

    public static RatingAnswers Answers { get; } = Signed(new RatingAnswers(RatingAnswers.FormatName, RatingAnswers.FormatVersion, Key.Page,
        "Ann", [new RatingAnswer("id0", 2, "2026-05-01T10:00:00.000Z"), new RatingAnswer("id1", 0, "2026-05-01T10:00:09.000Z")], ""));

    /// <summary>Every kind of samples, plain and extensible.</summary>
    public static byte[][] Sounds() =>
    [
        .. new[] { (1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64) }.SelectMany(kind =>
            new[] { Wav(kind.Item1, kind.Item2, 1, false), Wav(kind.Item1, kind.Item2, 2, true) }),
    ];

    /// <summary>Files beside the tests.</summary>
    public static byte[][] Cases(string name) => [File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Cases", name))];

    /// <summary>44.1 kHz, 2 channels, 16 bits, 1000 frames; no more than the first block.</summary>
    public static byte[] Flac => [.. "fLaC"u8, 0x80, 0, 0, 34, 16, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0x0A, 0xC4, 0x42, 0xF0, 0, 0, 3, 0xE8,
        .. new byte[16]];

    public static byte[] Events =>
    [
        .. EventRecord.Version(1), .. EventRecord.Scalars(1, 1, (Tag: "a", Value: 1), (Tag: "b", Value: 2)),
        .. EventRecord.Picture(1, 1, "c", 2, 2, [1, 2, 3]), .. EventRecord.Scalars(1, 2, (Tag: "a", Value: 1)),
    ];

    public static byte[][] Png() =>
    [
        Encode(SKEncodedImageFormat.Png),
        HandmadePng.Write(Side, Side, 16, HandmadePng.Rgba, y => [.. Enumerable.Range(0, Side * 8).Select(x => (byte)(x * y))]),
        HandmadePng.Write(Side, Side, 2, HandmadePng.Palette, y => [.. Enumerable.Range(0, (Side + 3) / 4).Select(x => (byte)(x * y))],
            [1, 2, 3, 40, 50, 60, 70, 80, 90, 200, 201, 202], [255, 0, 7]),
    ];

    public static byte[][] Jpeg() =>
    [
        Encode(SKEncodedImageFormat.Jpeg), HandmadeJpeg.Write(Side, Side, 1, (_, x, y) => (byte)(x * y)),
        HandmadeJpeg.Write(Side, Side, 4, (component, x, y) => (byte)(component + x * y), 2),
    ];

    public static byte[][] WebP() => [Encode(SKEncodedImageFormat.Webp)];

    /// <summary>24 bits a pixel, from the bottom (Microsoft, BITMAPINFOHEADER).</summary>
    public static byte[][] Bmp()
    {
        const int stride = (Side * 3 + 3) / 4 * 4, head = 54;
        var file = new byte[head + stride * Side];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), head);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), Side);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), Side);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), 24);
        for (var i = head; i < file.Length; i++)
            file[i] = (byte)(i * 7);
        return [file];
    }

    /// <summary>A network of a few weights and the checkpoint that saves and loads it.</summary>
    public static (Device Device, Checkpoint Checkpoint) Network()
    {
        var device = Device.Open("reference", 1);
        var random = new RandomStream(device, 3);
        return (device, new Checkpoint().Add("net", new Linear(random, 3, 2)).Add("random", random));
    }

    /// <summary>One with a checksum, and one without, whose changes reach the network.</summary>
    public static byte[][] Checkpoints()
    {
        var path = Path.GetTempFileName();
        try
        {
            var (device, checkpoint) = Network();
            using (device)
                checkpoint.Save(path, new GanProgress(6, 0.5, new GanScores(1, 2, 3, float.NaN, 5), 3).ToText(new ModelSettings()));
            var whole = File.ReadAllBytes(path);
            var bare = (byte[])whole.Clone();
            "xrc32c"u8.CopyTo(bare.AsSpan(bare.AsSpan().IndexOf("crc32c"u8)));
            return [whole, bare];
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static byte[][] Cache()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [.. Enumerable.Range(0, CacheBytes).Select(i => (byte)(i * i))]);
            using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
                BlockFile.Seal(file);
            return [File.ReadAllBytes(path)];
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static byte[][] Runs() => [.. RunKind.All.Select(kind =>
        Encoding.UTF8.GetBytes((Presets.Quick with { Kind = kind, Data = "synthetic", Classes = ["cello", "horn"] }).ToJson()))];

    public static byte[][] Metrics() =>
    [
        Encoding.UTF8.GetBytes("""
            {"step":0,"stage":"sound classifier","epoch":1,"loss":2.5,"validation_accuracy":0.5}
            {"step":6,"stage":"gan","epoch":1,"discriminator_loss":1.25,"score_wrong":null,"train_accuracy":0.5,"validation_accuracy":1}
            {"step":12,"stage":"gan","epoch":2,"train_accuracy":0.5,"validation_accuracy":0}

            """),
    ];

    private static RatingAnswers Signed(RatingAnswers answers) => answers with { Checksum = answers.ExpectedChecksum() };

    private static byte[] Encode(SKEncodedImageFormat format)
    {
        var image = new RgbImage(Side, Side);
        for (var i = 0; i < image.Pixels.Length; i++)
            image.Pixels[i] = (byte)(i * i);
        using var picture = ImageFile.ToSkia(image);
        using var encoded = picture.Encode(format, 80);
        return encoded.ToArray();
    }

    private static byte[] Wav(int format, int bits, short channels, bool extensible)
    {
        const int frames = 40, rate = 44100;
        var data = new byte[frames * channels * bits / 8];
        for (var i = 0; i < data.Length; i++)
            data[i] = format == 3 ? (byte)(i % 4 == 3 ? 0x3D : i) : (byte)(i * 31);
        if (format == 3 && bits == 64)
            for (var i = 0; i < data.Length; i += 8)
                BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(i), Math.Sin(i));
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("RIFF"u8);
        writer.Write(4 + 8 + (extensible ? 40 : 16) + 8 + data.Length);
        writer.Write("WAVEfmt "u8);
        writer.Write(extensible ? 40 : 16);
        writer.Write((short)(extensible ? -2 : format));
        writer.Write(channels);
        writer.Write(rate);
        writer.Write(rate * channels * bits / 8);
        writer.Write((short)(channels * bits / 8));
        writer.Write((short)bits);
        if (extensible)
        {
            writer.Write((short)22);
            writer.Write((short)bits);
            writer.Write(0);
            writer.Write((short)format);
            writer.Write([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
        }

        writer.Write("data"u8);
        writer.Write(data.Length);
        writer.Write(data);
        return file.ToArray();
    }
}
