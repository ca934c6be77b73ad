using CrossModal.Kernels;
using NVorbis;

namespace CrossModal.Audio;

/// <summary>Ogg Vorbis files, by the library NVorbis.</summary>
internal static class VorbisFile
{
    private const int BlockFrames = 1 << 12;

    /// <param name="stream">At its beginning; its pages are whole.</param>
    /// <exception cref="BadInputException">It is damaged, too long, or without sound.</exception>
    public static AudioClip ReadMono(Stream stream, string path)
    {
        try
        {
            using var file = new VorbisReader(stream, closeOnDispose: false);
            WavHeader.RequireUsable(file.SampleRate, file.TotalSamples, path);
            var mix = new MonoMix(file.Channels);
            var block = new float[BlockFrames * file.Channels];
            for (int read; (read = file.ReadSamples(block, 0, block.Length)) > 0;)
            {
                mix.Add(block.AsSpan(0, read));
                WavHeader.RequireUsable(file.SampleRate, mix.Frames, path);
            }

            return mix.Frames > 0 ? mix.ToClip(file.SampleRate, path, 0, mix.Frames)
                : throw new BadInputException($"{path}: has no sound in it; copy or export the file again");
        }
        catch (Exception error) when (error is not (BadInputException or IOException or OutOfMemoryException))
        {
            // What the decoder stumbles over is damage within a packet, in whatever words.
            throw new BadInputException($"{path}: is damaged and cannot be decoded; copy or export the file again", error);
        }
    }
}
