using CrossModal.Kernels;

namespace CrossModal.Imaging;

/// <summary>
/// Pictures and a recording as an MP4 video, by the program <c>ffmpeg</c>: H.264 at a quality where no difference is seen, and AAC. It gets
/// the pictures through a pipe and writes into a file aside.
/// </summary>
internal static class Mp4Video
{
    /// <summary>Finds <c>ffmpeg</c>, before anything is drawn, and gives what writes a video with it.</summary>
    /// <param name="path">Where the video will be, for messages.</param>
    /// <param name="soundFile">What it plays; null for nothing.</param>
    /// <exception cref="BadInputException"><c>ffmpeg</c> is not on the PATH.</exception>
    public static Action<Stream, IEnumerable<RgbImage>> With(string path, int perSecond, string? soundFile, CancellationToken cancel)
    {
        var program = Ffmpeg.Find() ?? throw new BadInputException(
            $"{path}: .mp4 is written by the program {Ffmpeg.Program}, which is not on the PATH; {Ffmpeg.Remedy}, or give a name in .gif "
                + "or .webp, which need nothing");
        return (stream, pictures) =>
        {
            using var aside = StagedPath.Begin(Path.GetFullPath(path));
            Encode(program, aside.Aside, pictures, perSecond, soundFile, cancel);
            using var video = File.OpenRead(aside.Aside);
            video.CopyTo(stream);
        };
    }

    private static void Encode(string program, string file, IEnumerable<RgbImage> pictures, int perSecond, string? soundFile,
        CancellationToken cancel)
    {
        using var all = pictures.GetEnumerator();
        if (!all.MoveNext())
            throw new ArgumentException("no pictures", nameof(pictures));

        string[] sound = soundFile is null ? [] : ["-i", Ffmpeg.Name(soundFile), "-c:a", "aac", "-b:a", "192k"];
        using var process = Ffmpeg.Start(program,
        [
            "-hide_banner", "-loglevel", "error", "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size",
            $"{all.Current.Width}x{all.Current.Height}", "-framerate", $"{perSecond}", "-i", "pipe:0", .. sound,
            "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "16", "-movflags", "+faststart", "-f", "mp4", "-y", Ffmpeg.Name(file),
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
            throw new BadInputException($"{Ffmpeg.Program} could not make the video: {Ffmpeg.LastLine(said.Result)}");
    }
}
