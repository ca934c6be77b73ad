using System.Collections.Concurrent;
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

    private readonly ConcurrentBag<int> _silent = [];
    private readonly ConcurrentBag<string> _scaled = [];

    /// <summary>Opens the cache, and builds it, whole or not at all, where it is not there.</summary>
    /// <exception cref="UnusableDataException">More than 1 % of the images or sounds are bad.</exception>
    /// <exception cref="BadInputException">The disk is full.</exception>
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
        var contents = new SampleCache.Contents(list.Images.Length, list.Sounds.Length, badImages, badSounds, [.. _silent.Order()],
            [.. _scaled.Order(StringComparer.Ordinal)]);
        if (DatasetJudgment.Unreadable(list, contents.Faults) is { Count: > 0 } problems)
            throw new UnusableDataException(list.Index.Folder, problems);
        using var stream = new FileStream(Path.Combine(folder, SampleCache.ContentsName), FileMode.CreateNew);
        JsonSerializer.Serialize(stream, contents, CacheJson.Default.Contents);
        stream.Flush(flushToDisk: true);
    }

    private BadSample[] BuildImages(string path)
    {
        var files = list.Index.Images;
        var runs = Runs(list.Images.Length, i => list.Images[i]);
        var length = (long)list.Images.Length * SampleCache.BytesOf(imageSize);
        return Decode("images", path, length, runs.Count, i => (runs[i].First, files[list.Images[runs[i].First]]), (i, full, output) =>
        {
            var image = ImageFile.ReadSquare(full, imageSize);
            for (var place = runs[i].First; place < runs[i].End; place++)
                RandomAccess.Write(output, image.Pixels, (long)place * SampleCache.BytesOf(imageSize));
        });
    }

    private BadSample[] BuildSounds(string path)
    {
        var files = list.Index.Sounds;
        var runs = Runs(list.Sounds.Length, i => list.Sounds[i].File);
        var length = (long)list.Sounds.Length * SampleCache.SoundBytes;
        return Decode("sounds", path, length, runs.Count, i => (runs[i].First, files[list.Sounds[runs[i].First].File]), (i, full, output) =>
        {
            SoundWindow.Read(full, (clip, samples) =>
            {
                if (clip.Peak > 1)
                    _scaled.Add(files[list.Sounds[runs[i].First].File].RelativePath);
                var window = new short[SoundWindow.Length];
                for (var place = runs[i].First; place < runs[i].End; place++)
                {
                    if (!list.Sounds[place].CopyFrom(samples, window))
                        _silent.Add(place);
                    RandomAccess.Write(output, MemoryMarshal.AsBytes<short>(window), (long)place * SampleCache.SoundBytes);
                }
            });
        });
    }

    /// <summary>
    /// Samples of the same file, which is decoded once: they follow each other in the list, which is ordered by file.
    /// </summary>
    private static List<(int First, int End)> Runs(int count, Func<int, int> fileOf)
    {
        var runs = new List<(int First, int End)>();
        for (var i = 0; i < count; i++)
        {
            if (i > 0 && fileOf(i) == fileOf(i - 1))
                runs[^1] = (runs[^1].First, i + 1);
            else
                runs.Add((i, i + 1));
        }

        return runs;
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
        BlockFile.Seal(output);
        RandomAccess.FlushToDisk(output);
        return [.. bad];
    }
}
