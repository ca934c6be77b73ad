using CrossModal.Kernels;

namespace CrossModal.Audio;

/// <summary>
/// Sounds as people have them. WAV, MP3 and Ogg Vorbis are read here; FLAC, M4A, Opus, videos and what else ffmpeg knows are read by it
/// where it is found. A file that begins as none of them reaches no decoder.
/// </summary>
internal static class SoundFile
{
    /// <summary>Reads a file as one channel, the mean of its channels, at its own rate.</summary>
    /// <param name="path">The file; of a video, the sound of it.</param>
    /// <param name="cancel">Stops the program that reads it, where one does.</param>
    /// <exception cref="BadInputException">
    /// It is missing, cut short, damaged, without sound, of an impossible rate or length, far beyond full scale, or no sound; or it needs
    /// ffmpeg, which is not there.
    /// </exception>
    public static AudioClip ReadMono(string path, CancellationToken cancel = default) => SourceFile.Read(path, "sound file", stream =>
    {
        var format = FormatOf(stream, path);
        if (format == SoundFormat.Wav)
            return WavFile.ReadMono(stream, path);
        if (format == SoundFormat.Mp3)
            return Mp3File.ReadMono(stream, path);
        return format == SoundFormat.Ogg && OggFile.Read(stream, path) is { IsVorbis: true } ? VorbisFile.ReadMono(stream, path)
            : FfmpegSound.ReadMono(path, format, cancel);
    });

    /// <summary>Reads no more than what tells rate, channels and length.</summary>
    /// <exception cref="BadInputException">As <see cref="ReadMono"/>, but for the samples, which are not looked at.</exception>
    public static SoundHeader ReadHeader(string path) => SourceFile.Read(path, "sound file", stream =>
    {
        var format = FormatOf(stream, path);
        var header = format == SoundFormat.Wav ? WavHeader.Read(stream, path).Sound
            : format == SoundFormat.Mp3 ? Mp3Frames.Read(stream, path).Sound
            : (format == SoundFormat.Ogg ? OggFile.Read(stream, path).Sound : format == SoundFormat.Flac ? FlacHeader.Read(stream) : null)
                ?? FfmpegSound.ReadHeader(path, format);
        WavHeader.RequireUsable(header.SampleRate, header.Frames, path);
        return header;
    });

    /// <summary>The format of a file, whose stream stands at its beginning then.</summary>
    /// <exception cref="BadInputException">It is none that is known.</exception>
    internal static SoundFormat FormatOf(Stream stream, string path)
    {
        Span<byte> head = stackalloc byte[SoundFormat.HeadBytes];
        head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        stream.Position = 0;
        return SoundFormat.Of(head) ?? throw new BadInputException(
            $"{path}: is no sound file: it does not begin as one, whatever its name; what is read are {SoundFormat.Known}");
    }
}
