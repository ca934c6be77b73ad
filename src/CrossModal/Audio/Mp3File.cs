using CrossModal.Kernels;
using NLayer;

namespace CrossModal.Audio;

/// <summary>MP3 files, by the library NLayer.</summary>
internal static class Mp3File
{
    private const int BlockSamples = 1 << 14;

    /// <param name="stream">At its beginning.</param>
    /// <exception cref="BadInputException">It is damaged, cut short, too long, or without sound.</exception>
    public static AudioClip ReadMono(Stream stream, string path)
    {
        var frames = Mp3Frames.Read(stream, path);
        WavHeader.RequireUsable(frames.SampleRate, frames.Sound.Frames, path);
        stream.Position = 0;
        var mix = Decode(stream, path, frames);

        // A file of one frame may have less sound than the encoder says that it put around it.
        var first = Math.Min(frames.Lead, mix.Frames);
        return mix.ToClip(frames.SampleRate, path, first, (int)Math.Min(mix.Frames - first, frames.Sound.Frames));
    }

    private static MonoMix Decode(Stream stream, string path, Mp3Frames frames)
    {
        try
        {
            using var file = new MpegFile(stream);
            if (file.SampleRate != frames.SampleRate || file.Channels is not (1 or 2))
                throw new BadInputException($"{path}: changes its format; export the file again");
            var mix = new MonoMix(file.Channels);
            var block = new float[BlockSamples];
            for (int read; (read = file.ReadSamples(block, 0, block.Length)) > 0;)
                mix.Add(block.AsSpan(0, read));
            return mix.Frames > 0 ? mix : throw new BadInputException($"{path}: has no sound in it; copy or export the file again");
        }
        catch (Exception error) when (error is not (BadInputException or IOException or OutOfMemoryException))
        {
            // What the decoder stumbles over is damage within a frame, in whatever words.
            throw new BadInputException($"{path}: is damaged and cannot be decoded; copy or export the file again", error);
        }
    }
}
