using System.Globalization;
using System.Text.RegularExpressions;
using CrossModal.Kernels;

namespace CrossModal.Audio;

/// <summary>The sound of a file that ffmpeg reads.</summary>
internal static partial class FfmpegSound
{
    /// <summary>Seconds, and bytes of what is made of them, beyond which no sound is read in any case.</summary>
    private const int MostSeconds = 2400;
    private const long MostBytes = 3L << 30;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>What ffmpeg says where there is nothing to map.</summary>
    private const string NoStream = "matches no streams";

    /// <summary>Decodes the first sound in a file.</summary>
    /// <param name="fromBeginning">Whether silence is put before a sound that begins later than the file, as that of a video may.</param>
    /// <exception cref="BadInputException">ffmpeg is not there, or cannot read the file, or there is no sound in it.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was triggered.</exception>
    public static AudioClip ReadMono(string path, SoundFormat format, CancellationToken cancel, bool fromBeginning = false)
    {
        var folder = Directory.CreateTempSubdirectory("crossmodal-sound-");
        try
        {
            var wav = Path.Combine(folder.FullName, "sound.wav");
            Run(path, format,
            [
                "-loglevel", "error", "-xerror", .. Ffmpeg.Input(path, format.Demuxer), "-map", "0:a:0",
                .. fromBeginning ? new[] { "-af", "aresample=async=1:first_pts=0" } : [],
                "-t", $"{MostSeconds}", "-fs", $"{MostBytes}", "-c:a", "pcm_f32le", "-f", "wav", "-y", Ffmpeg.Name(wav),
            ], cancel);
            using var stream = File.OpenRead(wav);
            return stream.Length > MostBytes - (1 << 20)
                ? throw new BadInputException($"{path}: is longer than what is read at once; cut it into shorter files")
                : WavFile.ReadMono(stream, path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What ffmpeg says of the sound in a file.</summary>
    /// <exception cref="BadInputException">As <see cref="ReadMono"/>.</exception>
    public static SoundHeader ReadHeader(string path, SoundFormat format)
    {
        var facts = Examine(path, format);
        if (!facts.HasSound)
            throw Silent(path);
        if (facts.Sound is { } told)
            return told;
        var clip = ReadMono(path, format, CancellationToken.None);
        return new SoundHeader(1, clip.SampleRate, clip.Samples.Length);
    }

    /// <summary>What ffmpeg says of a file, which is not decoded.</summary>
    /// <param name="HasPictures">Whether there is a video in it: more than the cover of a record.</param>
    /// <param name="Sound">Null where there is none, or its length is not told.</param>
    internal sealed record Facts(bool HasPictures, bool HasSound, SoundHeader? Sound);

    /// <exception cref="BadInputException">ffmpeg is not there, or does not know the file.</exception>
    internal static Facts Examine(string path, SoundFormat format, CancellationToken cancel = default)
    {
        // Without an output it says what there is, and that an output is needed.
        var (_, said) = Try(path, format, ["-loglevel", "info", .. Ffmpeg.Input(path, format.Demuxer)], cancel, Patience);
        if (!said.Contains("Input #0"))
            throw Unreadable(path, said);
        var pictures = VideoLine().Matches(said).Any(line => !line.Value.Contains("attached pic"));
        if (SoundLine().Match(said) is not { Success: true } sound)
            return new Facts(pictures, HasSound: false, null);
        return new Facts(pictures, HasSound: true, DurationLine().Match(said) is { Success: true } duration
            && TimeSpan.TryParse(duration.Groups[1].Value, CultureInfo.InvariantCulture, out var length)
            && int.TryParse(sound.Groups[1].Value, out var rate) && rate > 0
            ? new SoundHeader(ChannelsOf(sound.Groups[2].Value), rate, (long)(length.TotalSeconds * rate)) : null);
    }

    /// <summary>Runs ffmpeg on a file.</summary>
    /// <param name="most">It is ended when it takes longer; null for what reading a sound may take.</param>
    /// <exception cref="BadInputException">It is not there, or fails.</exception>
    internal static void Run(string path, SoundFormat format, IEnumerable<string> arguments, CancellationToken cancel,
        TimeSpan? most = null)
    {
        var (code, said) = Try(path, format, arguments, cancel, most ?? Patience);
        if (said.Contains(NoStream))
            throw Silent(path);

        // It goes on after most errors, and at the end of a file that was cut short, and is content.
        if (code != 0 || !string.IsNullOrWhiteSpace(said))
            throw Unreadable(path, said);
    }

    private static (int Code, string Said) Try(string path, SoundFormat format, IEnumerable<string> arguments, CancellationToken cancel,
        TimeSpan most)
    {
        var program = Ffmpeg.Find() ?? throw new BadInputException($"{path}: is of a kind ({format.Name}) that is read by the program "
            + $"{Ffmpeg.Program}, which is not on the PATH; {Ffmpeg.Remedy}, or convert the file to WAV, MP3 or Ogg Vorbis");
        try
        {
            return Ffmpeg.Run(program, arguments, most, cancel);
        }
        catch (TimeoutException error)
        {
            throw new BadInputException(
                $"{path}: {Ffmpeg.Program} did not end within {most.TotalMinutes} minutes; give a shorter file", error);
        }
    }

    private static BadInputException Silent(string path) =>
        new($"{path}: has no sound in it; give a recording or a video with sound");

    private static BadInputException Unreadable(string path, string said) =>
        new($"{path}: is damaged or cut short, {Ffmpeg.Program} says ({Excerpt.Of(Ffmpeg.LastLine(said), 160)}); copy or export the file "
            + "again");

    private static int ChannelsOf(string layout) => layout switch
    {
        "mono" => 1,
        "stereo" => 2,
        _ when layout.Split('.', ' ', '(') is [var count, ..] && int.TryParse(count, out var channels) =>
            Math.Max(1, channels + (layout.Contains(".1") ? 1 : 0)),
        _ => 2,
    };

    [GeneratedRegex(@"Stream #0:\d.*?: Video: .*")]
    private static partial Regex VideoLine();

    [GeneratedRegex(@"Stream #0:\d.*?: Audio: .*?, (\d+) Hz, ([^,\n]+)")]
    private static partial Regex SoundLine();

    [GeneratedRegex(@"Duration: (\d+:\d\d:\d\d\.\d+)")]
    private static partial Regex DurationLine();
}
