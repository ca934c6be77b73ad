using System.Runtime.InteropServices;
using System.Text.Json;
using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using Microsoft.Win32.SafeHandles;

namespace CrossModal.Data;

/// <summary>Decodes the files of a <see cref="SampleList"/> on all cores into a <see cref="SampleCache"/>.</summary>
internal sealed class SampleCacheBuilder(SampleList list, int imageSize, Action<string, int, int>? progress, CancellationToken cancel)
{
    /// <summary>Kept free besides the cache itself, so that a run can still write its checkpoints.</summary>
    private const long SpareBytes = 64L << 20;

    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Opens the cache, and builds it, whole or not at all, where it is not there.</summary>
    /// <exception cref="BadInputException">More than 1 % of the images or sounds are bad, or the disk is full.</exception>
    /// <exception cref="OperationCanceledException">Stopped from outside; nothing is left behind.</exception>
    public SampleCache OpenOrBuild()
    {
        var bytes = (long)list.Images.Length * SampleCache.BytesOf(imageSize) + (long)list.Sounds.Length * SampleCache.SoundBytes;
        return CacheFolder.OpenOrMake(SampleCache.FolderOf(list, imageSize), bytes + SpareBytes,
            () => SampleCache.TryOpen(list, imageSize), Build,
            () => progress?.Invoke("waiting for another process that reads these files", 0, 1), cancel);
    }

    private void Build(string folder)
    {
        Directory.CreateDirectory(folder);
        var badImages = BuildImages(Path.Combine(folder, SampleCache.ImagesName));
        var badSounds = BuildSounds(Path.Combine(folder, SampleCache.SoundsName));
        var contents = new SampleCache.Contents(list.Images.Length, list.Sounds.Length, badImages, badSounds);
        using var stream = new FileStream(Path.Combine(folder, SampleCache.ContentsName), FileMode.CreateNew);
        JsonSerializer.Serialize(stream, contents, CacheJson.Default.Contents);
        stream.Flush(flushToDisk: true);
    }

    private BadSample[] BuildImages(string path)
    {
        var files = list.Index.Images;
        var length = (long)list.Images.Length * SampleCache.BytesOf(imageSize);
        return Decode("images", path, length, list.Images.Length, i => (i, files[list.Images[i]]), (i, full, output) =>
        {
            var image = ImageFile.ReadSquare(full, imageSize);
            RandomAccess.Write(output, image.Pixels, (long)i * SampleCache.BytesOf(imageSize));
        });
    }

    private BadSample[] BuildSounds(string path)
    {
        // A recording with many windows is decoded once. Its windows follow each other in the list, which is ordered by file.
        var files = list.Index.Sounds;
        int[] firsts = [.. Enumerable.Range(0, list.Sounds.Length).Where(i => i == 0 || list.Sounds[i].File != list.Sounds[i - 1].File)];
        var length = (long)list.Sounds.Length * SampleCache.SoundBytes;
        return Decode("sounds", path, length, firsts.Length, i => (firsts[i], files[list.Sounds[firsts[i]].File]), (i, full, output) =>
        {
            var clip = AudioClip.Load(full).At(SoundWindow.Rate);
            var window = new short[SoundWindow.Length];
            var end = i + 1 < firsts.Length ? firsts[i + 1] : list.Sounds.Length;
            for (var place = firsts[i]; place < end; place++)
            {
                list.Sounds[place].CopyFrom(clip.Samples, window);
                RandomAccess.Write(output, MemoryMarshal.AsBytes<short>(window), (long)place * SampleCache.SoundBytes);
            }
        });
    }

    /// <summary>
    /// Decodes <paramref name="count"/> files in parallel into one of <paramref name="length"/> bytes and gives back the bad ones.
    /// </summary>
    private BadSample[] Decode(
        string stage, string path, long length, int count, Func<int, (int Place, DataFile File)> describe, Action<int, string,
            SafeFileHandle> decode)
    {
        using var output = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.RandomAccess,
            length);

        // Reserving space does not set the length everywhere, and the last sample may be a bad one that is never written.
        RandomAccess.SetLength(output, length);
        var bad = new List<BadSample>();
        Exception? failure = null;
        var done = 0;
        var reported = DateTime.MinValue;
        progress?.Invoke(stage, 0, count);
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel },
            (i, loop) =>
        {
            var (place, file) = describe(i);
            BadSample? found = null;
            try
            {
                decode(i, list.Index.FullPath(file), output);
            }
            catch (BadInputException error)
            {
                found = new BadSample(place, file.RelativePath, error.Message);
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref failure, error, null);
                loop.Stop();
                return;
            }

            lock (bad)
            {
                done++;
                if (found is not null)
                    bad.Add(found);
                if (bad.Count * DatasetIndex.TolerableOneIn > count)
                    loop.Stop();
                var now = DateTime.UtcNow;
                if (progress is null || done < count && now - reported < ReportEvery)
                    return;
                reported = now;
                progress(stage, done, count);
            }
        });

        if (failure is not null)
            throw failure is IOException or UnauthorizedAccessException
                ? failure
                : new InvalidOperationException($"decoding {stage} failed: {failure.Message}", failure);
        bad.Sort((a, b) => a.Place.CompareTo(b.Place));
        if (bad.Count * DatasetIndex.TolerableOneIn > count)
        {
            throw new BadInputException(
                $"{list.Index.Folder}: of {done} {stage} read so far, {bad.Count} are bad, more than 1 % of {count}: "
                + string.Join("; ", bad.Take(3).Select(InsideFolder)));
        }

        BlockFile.Seal(output);
        RandomAccess.FlushToDisk(output);
        return [.. bad];
    }

    /// <summary>The reason, which begins with the full path, with the path inside of the data set in its place.</summary>
    private string InsideFolder(BadSample sample) =>
        sample.Reason.Replace(Path.Combine(list.Index.Folder, sample.File), sample.File, StringComparison.Ordinal);
}
