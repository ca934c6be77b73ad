using System.Globalization;
using System.Text;
using CrossModal.Audio;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>What was made of a folder of videos.</summary>
internal sealed record PairedVideos(int Videos, int Instruments, int TrainPairs, int ValidationPairs, int Silent);

/// <summary>
/// Makes a data set in the layout of Sub-URMP of videos: windows of half a second of their sound, each with the picture that stands at its
/// beginning. Splits are by video. ffmpeg takes the videos apart.
/// </summary>
/// <param name="step">Milliseconds from one window to the next.</param>
internal sealed class VideoPairs(int step, IRunReporter reporter, CancellationToken cancel)
{
    /// <summary>Pixels of a picture's shorter side at most: four times what the networks see.</summary>
    private const int Side = 256;

    /// <summary>A video of half an hour in full size takes minutes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <summary>Makes the set, whole or not at all.</summary>
    /// <param name="videos">A folder as <see cref="VideoPlan"/> has it.</param>
    /// <param name="folder">Must not exist, or be empty.</param>
    /// <exception cref="BadInputException">
    /// There are no usable videos, one of them is damaged or has no sound or no pictures, ffmpeg is not there, or the disk refuses.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped; nothing is left behind.</exception>
    public PairedVideos Make(string videos, string folder)
    {
        var songs = VideoPlan.Of(videos);
        if (Ffmpeg.Find() is null)
            throw new BadInputException($"{videos}: videos are read by the program {Ffmpeg.Program}, which is not on the PATH; "
                + Ffmpeg.Remedy);

        // All are looked at before the first is taken apart, which may take long.
        SoundFormat[] formats = [.. songs.Select(song => Examine(song.File))];
        PairedVideos? made = null;
        WholeFolder.Make(folder, aside => made = Fill(aside, videos, songs, formats));
        return made!;
    }

    private SoundFormat Examine(string file)
    {
        var format = SourceFile.Read(file, "video", stream => SoundFile.FormatOf(stream, file));
        var facts = FfmpegSound.Examine(file, format, cancel);
        if (!facts.HasPictures)
            throw new BadInputException($"{file}: has no pictures in it; give a video, or remove it from the folder");
        return facts.HasSound ? format
            : throw new BadInputException($"{file}: has no sound in it; give the video with its sound, or remove it from the folder");
    }

    private PairedVideos Fill(string aside, string videos, IReadOnlyList<VideoSong> songs, SoundFormat[] formats)
    {
        var table = new StringBuilder("video,split,instrument,song,pairs\n");
        var pairs = new int[2];
        var silent = 0;
        using var stage = reporter.Stage("pair", songs.Count, "videos");
        for (var i = 0; i < songs.Count; i++)
        {
            var song = songs[i];
            stage.Report(i, Path.GetFileName(song.File));
            var (written, quiet) = Take(aside, song, formats[i]);
            if (written == 0)
                throw new BadInputException($"{song.File}: has no half second in which something sounds; remove it from the folder");
            (pairs[(int)song.Split], silent) = (pairs[(int)song.Split] + written, silent + quiet);
            var name = Path.GetRelativePath(videos, song.File).Replace('\\', '/').Replace("\"", "\"\"");
            table.Append(CultureInfo.InvariantCulture, $"\"{name}\",{song.SplitName},{song.Instrument},{song.Song},{written}\n");
        }

        stage.Report(songs.Count);
        AtomicFile.WriteText(Path.Combine(aside, "videos.csv"), table.ToString());
        return new PairedVideos(songs.Count, songs.Select(song => song.Instrument).Distinct().Count(), pairs[(int)Split.Train],
            pairs[(int)Split.Validation], silent);
    }

    /// <summary>Takes a video apart; gives the pairs that were written, and the windows without sound, which were not.</summary>
    private (int Written, int Silent) Take(string aside, VideoSong song, SoundFormat format)
    {
        var sound = FfmpegSound.ReadMono(song.File, format, cancel, fromBeginning: true).At(SoundWindow.Rate).Samples;
        var (images, chunks) = (Folder("img"), Folder("chunk"));
        var frames = Directory.CreateDirectory(Path.Combine(aside, ".frames"));
        try
        {
            ExtractFrames(song.File, format, frames.FullName);
            string[] pictures = [.. Directory.GetFiles(frames.FullName).Order(StringComparer.Ordinal)];
            var (written, silent) = (0, 0);
            for (var window = 0; window < pictures.Length; window++)
            {
                cancel.ThrowIfCancellationRequested();
                var milliseconds = window * step;
                var start = (long)milliseconds * SoundWindow.Rate / 1000;
                if (start + SoundWindow.Length > sound.Length)
                    break;
                var heard = sound.AsSpan((int)start, SoundWindow.Length);
                if (heard.IndexOfAnyExceptInRange(-SoundCheck.SilentAmplitude, SoundCheck.SilentAmplitude) < 0)
                {
                    silent++;
                    continue;
                }

                var stem = song.Stem(milliseconds);
                using (var file = File.Create(Path.Combine(chunks, stem + ".wav")))
                    WavFile.Write(file, heard, 1, SoundWindow.Rate);
                File.Move(pictures[window], Path.Combine(images, stem + ".jpg"));
                written++;
            }

            return (written, silent);
        }
        finally
        {
            frames.Delete(recursive: true);
        }

        string Folder(string medium) =>
            Directory.CreateDirectory(Path.Combine(aside, medium, song.SplitName, song.Instrument)).FullName;
    }

    /// <summary>
    /// A picture for each step, of the frame that is shown at its beginning: the times of frames are rounded up to steps, and of those that
    /// fall on one the last is taken.
    /// </summary>
    private void ExtractFrames(string video, SoundFormat format, string folder)
    {
        var size = $"scale=w='if(gt(iw,ih),-2,min({Side},iw))':h='if(gt(iw,ih),min({Side},ih),-2)'";
        FfmpegSound.Run(video, format,
        [
            "-loglevel", "error", "-xerror", .. Ffmpeg.Input(video, format.Demuxer), "-map", "0:v:0", "-vf",
            $"fps=1000/{step}:start_time=0:round=up,{size}", "-q:v", "2", "-f", "image2", Ffmpeg.Name(Path.Combine(folder, "%07d.jpg")),
        ], cancel, Patience);
    }
}
