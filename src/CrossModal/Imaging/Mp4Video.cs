using System.ComponentModel;
using System.Diagnostics;
using CrossModal.Kernels;

namespace CrossModal.Imaging;

/// <summary>
/// Pictures and a recording as an MP4 video, by the program <c>ffmpeg</c>: H.264 at a quality where no difference is seen, and AAC. It gets
/// the pictures through a pipe and writes into a file aside.
/// </summary>
internal static class Mp4Video
{
    private const string Program = "ffmpeg";

    /// <summary>Finds <c>ffmpeg</c>, before anything is drawn, and gives what writes a video with it.</summary>
    /// <param name="path">Where the video will be, for messages.</param>
    /// <param name="soundFile">What it plays; null for nothing.</param>
    /// <exception cref="BadInputException"><c>ffmpeg</c> is not on the PATH.</exception>
    public static Action<Stream, IEnumerable<RgbImage>> With(string path, int perSecond, string? soundFile, CancellationToken cancel)
    {
        var program = Find() ?? throw new BadInputException(
            $"{path}: .mp4 is written by the program {Program}, which is not on the PATH; install it (on Debian: apt-get install "
                + $"{Program}), or give a name in .gif or .webp, which need nothing");
        return (stream, pictures) =>
        {
            using var aside = StagedPath.Begin(Path.GetFullPath(path));
            Encode(program, aside.Aside, pictures, perSecond, soundFile, cancel);
            using var video = File.OpenRead(aside.Aside);
            video.CopyTo(stream);
        };
    }

    public static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? $"{Program}.exe" : Program)).FirstOrDefault(File.Exists);

    private static void Encode(string program, string file, IEnumerable<RgbImage> pictures, int perSecond, string? soundFile,
        CancellationToken cancel)
    {
        using var all = pictures.GetEnumerator();
        if (!all.MoveNext())
            throw new ArgumentException("no pictures", nameof(pictures));

        // "file:" because ffmpeg takes other names for options or protocols.
        string[] sound = soundFile is null ? [] : ["-i", $"file:{Path.GetFullPath(soundFile)}", "-c:a", "aac", "-b:a", "192k"];
        using var process = Start(program,
        [
            "-hide_banner", "-loglevel", "error", "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size",
            $"{all.Current.Width}x{all.Current.Height}", "-framerate", $"{perSecond}", "-i", "pipe:0", .. sound,
            "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "16", "-movflags", "+faststart", "-f", "mp4", "-y", $"file:{file}",
        ]);
        var said = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var stop = cancel.Register(process.Kill);
        try
        {
            do
                process.StandardInput.BaseStream.Write(all.Current.Pixels);
            while (all.MoveNext());
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had all pictures: what it said tells why.
        }
        catch
        {
            process.Kill();
            throw;
        }

        process.WaitForExit();
        cancel.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
            throw new BadInputException($"{Program} could not make the video: {LastLine(said.Result)}");
    }

    private static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new BadInputException($"{program}: cannot be started ({error.Message}); give a name in .gif or .webp", error);
        }
    }

    private static string LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";
}
