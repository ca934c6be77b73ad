using System.Diagnostics;
using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Runs;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Pipelines;

/// <summary>Event files, read back by the field numbers of TensorBoard's own descriptions.</summary>
public sealed class TensorBoardTests(TinyRun tiny, ITestOutputHelper output) : RunTests(tiny)
{
    [Fact]
    public void ARunIsTheSameWithThemAndTheyTellWhatItsFilesTell()
    {
        var folder = NewFolder();
        Train(Tiny.Settings, folder);
        AssertSameRun(Tiny.Whole, folder);

        var seen = EventReader.ReadAll(folder.Path);
        Assert.All(seen, value => Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - value.Time, -5, 3600));
        AssertStepsOf(folder, seen, 18);

        // What a step of an epoch has in the mean is what its line of metrics says.
        foreach (var line in folder.ReadMetrics().Where(line => line.Stage == "gan"))
        {
            foreach (var (tag, name) in new[] { ("loss/discriminator", "discriminator_loss"), ("score/wrong", "score_wrong") })
                Assert.Equal((double)line.Values[name]!, seen.Where(value => value.Tag == tag && value.Step > line.Step - 6
                    && value.Step <= line.Step).Average(value => value.Number!.Value), 1e-5);
            Assert.Equal((float)line.TrainAccuracy!, Single("accuracy/images, training", line.Step).Number);
            Assert.Equal((float)line.ValidationAccuracy!, Single("accuracy/images, validation", line.Step).Number);
            var picture = Single("samples", line.Step);
            Assert.Equal(File.ReadAllBytes(folder.Sample(line.Epoch!.Value)), picture.Picture);
            var (width, height) = ImageFile.ReadSize(folder.Sample(line.Epoch!.Value));
            Assert.Equal([width, height, 3], picture.Facts);
            var confusion = Single("confusion/images", line.Step);
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], confusion.Picture![..4]);
        }

        // What was trained before the GAN, by its own epochs.
        foreach (var line in folder.ReadMetrics().Where(line => line.Step == 0))
            Assert.Equal((float)(double)line.Values["loss"]!, Single($"{line.Stage}/loss", line.Epoch!.Value).Number);

        SeenValue Single(string tag, long step) => Assert.Single(seen, value => value.Tag == tag && value.Step == step);
    }

    [Fact]
    public void SoundsAndTheirSpectrogramsAreThereToo()
    {
        var folder = NewFolder();
        Train(RunSettings.Read(Tiny.Reverse.Settings), folder);
        var seen = EventReader.ReadAll(folder.Path);
        Assert.Equal([.. TinyData.Classes.Select(name => $"sound/{name}")],
            seen.Where(value => value.Sound is not null).Select(value => value.Tag));
        foreach (var sound in seen.Where(value => value.Sound is not null))
        {
            Assert.Equal(("audio/wav", 6L), (sound.ContentType, sound.Step));
            Assert.Equal([LogMelSpectrogram.SampleRate, 1, LogMelSpectrogram.Samples], sound.Facts);
            var file = Path.Combine(folder.Path, "heard.wav");
            File.WriteAllBytes(file, sound.Sound!);
            Assert.Equal(LogMelSpectrogram.Samples, WavFile.ReadMono(file).Samples.Length);
            Assert.Single(seen, value => value.Tag == sound.Tag.Replace("sound/", "spectrogram/") && value.Picture is not null);
        }

        Assert.Single(seen, value => value.Tag == "confusion/spectrograms");
    }

    /// <summary>Ten times in a run, however many epochs it has; a run that goes on goes on with these too.</summary>
    [Fact]
    public void ARunIsListenedToTenTimes()
    {
        var folder = new RunFolder(Directory.CreateDirectory(NewFolder().Path).FullName);
        Directory.CreateDirectory(Path.Combine(folder.Path, "samples"));
        new RgbImage(16, 16).Save(folder.Sample(1));
        var heard = new List<long>();
        foreach (var (first, last) in new[] { (0, 17), (17, 36) })
        {
            using var board = TensorBoard.Open(new RecordingReporter(), wanted: true, folder, 7 * first, 7 * 36, [])!;
            for (var epoch = first + 1; epoch <= last; epoch++)
            {
                var step = 7L * epoch;
                board.Epoch(step, folder.Sample(1), [], () =>
                {
                    heard.Add(step);
                    return [];
                });
            }
        }

        Assert.Equal((10, 7L * 36), (heard.Count, heard[^1]));
    }

    /// <summary>Killed behind a checkpoint and in the midst of a record: the run goes on, and its history has each step once.</summary>
    [Fact]
    public void ARunThatWasKilledHasOneHistory()
    {
        var folder = WithClassifiers();
        var (reporter, token) = RecordingReporter.CancelAt("GAN", 9);
        Assert.ThrowsAny<OperationCanceledException>(() => Train(Tiny.Settings, folder, reporter, token));
        var at9 = CopyOf(folder);

        // On to step 14, whose checkpoint a kill would have lost.
        (reporter, token) = RecordingReporter.CancelAt("GAN", 14);
        Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Resume(folder, reporter: reporter, cancel: token));
        File.Copy(at9.Last, folder.Last, overwrite: true);
        File.Copy(at9.Metrics, folder.Metrics, overwrite: true);
        var file = Directory.GetFiles(folder.Path, "*.tfevents.*.gan").Order(StringComparer.Ordinal).Last();
        using (var stream = File.OpenWrite(file))
            stream.SetLength(stream.Length - 5);

        // Nobody has to ask again.
        TinyRun.Resume(folder);
        AssertSameRun(Tiny.Whole, folder, classifierMetrics: false);
        Assert.Equal(3, Directory.GetFiles(folder.Path, "*.tfevents.*.gan").Length);
        AssertStepsOf(folder, EventReader.ReadAll(folder.Path), 18);
        var samples = EventReader.ReadAll(folder.Path).Where(value => value.Tag == "samples").ToArray();
        Assert.Equal([6L, 12, 18], samples.Select(value => value.Step));
    }

    /// <summary>What is no event file of ours, and what claims more bytes than there are.</summary>
    [Fact]
    public void DamagedFilesAreCutWhereTheirDamageBegins()
    {
        var folder = Directory.CreateDirectory(NewFolder().Path).FullName;
        var files = new EventFiles(folder);
        string path;
        using (var file = files.Begin())
        {
            for (var step = 1; step <= 3; step++)
                file.Add(EventRecord.Scalars(1, step, (Tag: "a", Value: step)));
            path = Assert.Single(Directory.GetFiles(folder));
        }

        var whole = File.ReadAllBytes(path);
        var hostile = new byte[16];
        BitConverter.TryWriteBytes(hostile, long.MaxValue);
        BitConverter.TryWriteBytes(hostile.AsSpan(8), EventRecord.Checksum(hostile.AsSpan(0, 8)));
        var flipped = Flipped(EventRecord.Scalars(1, 3, (Tag: "a", Value: 3)));
        foreach (var damage in new[] { hostile, [1], [.. whole[..20]], new byte[64], flipped })
        {
            File.WriteAllBytes(path, [.. whole, .. damage]);
            files.Rewind(3);
            Assert.Equal([1, 2, 3], EventReader.Read(path).Select(value => value.Step));
        }

        File.WriteAllBytes(path, whole);
        files.Rewind(2);
        Assert.Equal([1, 2], EventReader.Read(path).Select(value => value.Step));
        File.WriteAllText(path, "this is no event file, but a text that somebody called so");
        files.Rewind(2);
        Assert.Empty(File.ReadAllBytes(path));

        // One that is begun in the same second is read later all the same.
        files.Begin().Dispose();
        files.Begin().Dispose();
        Assert.Equal(3, Directory.GetFiles(folder).Length);

        static byte[] Flipped(byte[] record)
        {
            record[^1] ^= 1;
            return record;
        }
    }

    /// <summary>It stops no training, and is said once.</summary>
    [Fact]
    public void AnUnwritableFolderIsWarnedOf()
    {
        var reporter = new RecordingReporter();
        var folder = NewFolder();
        File.WriteAllText(folder.Path, "a file where the folder should be");
        using (var board = TensorBoard.Open(reporter, wanted: true, folder, 0, 10, [])!)
        {
            board.Step(new TrainingStep(1, 1e-3, 1, 1, 0.5, 0.5, 0.5));
            board.Step(new TrainingStep(2, 1e-3, 1, 1, 0.5, 0.5, 0.5));
        }

        Assert.StartsWith("nothing more is written for TensorBoard: ", Assert.Single(reporter.Warnings));
    }

    /// <summary>A long run has as many points as a screen can show many times over, each the mean of its steps.</summary>
    [Fact]
    public void LongRunsHaveMeans()
    {
        var folder = new RunFolder(Directory.CreateDirectory(NewFolder().Path).FullName);
        using (var board = TensorBoard.Open(new RecordingReporter(), wanted: true, folder, 0, 25_000, [])!)
        {
            for (var step = 1; step <= 7; step++)
                board.Step(new TrainingStep(step, 1e-3, step, 1, 0.5, null, 0.5));
        }

        var seen = EventReader.ReadAll(folder.Path);
        Assert.Equal([(3L, 2f), (6L, 5f)], seen.Where(value => value.Tag == "loss/discriminator")
            .Select(value => (value.Step, value.Number!.Value)));
        Assert.DoesNotContain(seen, value => value.Tag == "score/wrong");
    }

    /// <summary>Less than a hundredth of the shortest step there is: one of preset tiny takes some milliseconds.</summary>
    [Fact]
    public void APointCostsMicroseconds()
    {
        var folder = new RunFolder(Directory.CreateDirectory(NewFolder().Path).FullName);
        using var board = TensorBoard.Open(new RecordingReporter(), wanted: true, folder, 0, 5000, [])!;
        var best = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var begin = Stopwatch.GetTimestamp();
            for (var step = 1; step <= 1000; step++)
                board.Step(new TrainingStep(step, 1e-3, 1, 1, 0.5, 0.5, 0.5) { Duration = TimeSpan.FromMilliseconds(2) });
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalMicroseconds / 1000);
        }

        var bytes = Directory.GetFiles(folder.Path, "*.gan").Sum(file => new FileInfo(file).Length);
        output.WriteLine($"{best:0.0} µs and {bytes / 5000.0:0} bytes a point");
        Assert.InRange(best, 0, 500);
        Assert.InRange(bytes / 5000.0, 100, 400);
    }

    private static void AssertStepsOf(RunFolder folder, IReadOnlyList<SeenValue> seen, int steps)
    {
        foreach (var tag in new[] { "loss/discriminator", "loss/generator", "score/real", "score/wrong", "score/fake",
            "training/learning rate" })
            Assert.Equal(Enumerable.Range(1, steps).Select(step => (long)step),
                seen.Where(value => value.Tag == tag).Select(value => value.Step));
        var logged = StepLog.Read(folder.Steps).ToDictionary(point => point.Step, point => point.GeneratorLoss);
        Assert.All(seen.Where(value => value.Tag == "loss/generator"), value => Assert.Equal(logged[value.Step], value.Number));
    }

    private static void Train(RunSettings run, RunFolder folder, IRunReporter? reporter = null, CancellationToken? cancel = null)
    {
        using var device = Device.Open("cpu", 1);
        GanTraining.Train(run, folder, resume: false, device, reporter ?? new RecordingReporter(),
            cancel ?? TestContext.Current.CancellationToken, tensorBoard: true);
    }
}
