using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>
/// A run that is about to begin, anew as the options say or where an earlier one was left, with its device open and its folder held.
/// </summary>
internal sealed record RunOpening(RunSettings Run, RunFolder Folder, Device Device, bool Resumes, IDisposable? Held) : IDisposable
{
    /// <summary>Holds the folder, before anything in it is looked at, and opens the device.</summary>
    /// <exception cref="BadInputException">The run to continue is none of this kind, or the options contradict it.</exception>
    public static RunOpening Open(RunKind kind, RunOptions options, IRunReporter reporter)
    {
        options.Require();
        IDisposable? held = null;
        Device? device = null;
        try
        {
            if (options.Resume is { } resumed)
            {
                // What is no folder is not made one: there is no run in it.
                var place = new RunFolder(resumed);
                held = Directory.Exists(place.Path) ? place.Hold() : null;
                var run = Continue(kind, place, options);
                if (options.Continue)
                    reporter.Message(RunContinuation.DescribeGoingOn(place));
                device = Open(options.Device with { Precision = options.Device.Precision ?? run.Precision }, reporter);
                return new RunOpening(run with { Device = device.Name, Precision = device.Precision }, place, device, Resumes: true, held);
            }

            device = Open(options.Device, reporter);
            var settings = RunSettings.Create(kind, options, device);
            (var folder, held) = RunFolder.Create(options.Out, kind);
            if (options.Continue)
                reporter.Message(RunContinuation.DescribeBeginning(folder));
            return new RunOpening(settings, folder, device, Resumes: false, held);
        }
        catch
        {
            device?.Dispose();
            held?.Dispose();
            throw;
        }
    }

    private static Device Open(DeviceSettings settings, IRunReporter reporter)
    {
        var device = Device.Open(settings);
        if (device.Remark is { } remark)
            reporter.Warning(remark);
        return device;
    }

    /// <summary>Checks the data against the run's description; returns it with what only the data tell.</summary>
    /// <param name="ranks">How many share each batch.</param>
    public static RunSettings Settle(RunSettings run, TrainingData data, RunFolder folder, bool resume, int ranks = 1)
    {
        if (resume && run.DataFingerprint != "" && !data.Pairs.Are(run.DataFingerprint))
            throw new BadInputException(
                $"{folder.Path}: the data in {run.Data} are not those that the run began with; put them back, or start a new run");
        if (data.Pairs.Train.Count < run.Gan.Batch)
            throw new SettingException("batch",
                $"{run.Gan.Batch}: there are {data.Pairs.Train.Count} training pairs; choose a smaller batch");
        if (run.Gan.Batch % ranks != 0)
            throw new SettingException("batch", $"{run.Gan.Batch}: is not shared out equally among {ranks} ranks; choose a multiple of "
                + $"{ranks}, or another number of ranks");
        run = Settle(run, data);
        return run with
        {
            Model = run.Model with
            {
                AuxiliaryClasses = run.Gan.Auxiliary > 0 ? run.Classes.Count : 0,
                CodeHead = run.Gan.CodeHead > 0,
            },
        };
    }

    /// <summary>The description with what only the data tell: a run that goes on keeps the judge that it began with.</summary>
    public static RunSettings Settle(RunSettings run, TrainingData data) => run with
    {
        ImageClassifier = run.DataFingerprint == "" ? run.ImageClassifier.OnPictures(data.Pairs.Train.ImageCount) : run.ImageClassifier,
        DataFingerprint = data.Pairs.Fingerprint,
        Classes = data.Pairs.Classes,
    };

    public void Dispose()
    {
        Device.Dispose();
        Held?.Dispose();
    }

    /// <summary>The description of the run to continue, with the user's wishes laid over it where that is possible.</summary>
    /// <exception cref="BadInputException">The run is none of this kind, or the options contradict it.</exception>
    internal static RunSettings Continue(RunKind kind, RunFolder folder, RunOptions options)
    {
        var path = options.Resume!;
        var run = RunSettings.Read(folder.Settings);
        if (run.Kind != kind)
            throw new SettingException(options.Continuing, $"{path}: is a run of `{run.Kind}`, not of `{kind}`");
        if (options.Data is { } data && RunSettings.Locate(data) != run.Data)
        {
            // Moved, or a copy: whether they are the same data is found when they are open.
            Refuse("data", run.DataFingerprint != "" && data != RunOptions.StandardData, run.Data);
            run = run with { Data = RunSettings.Locate(data) };
        }

        Refuse("preset", options.Preset is null || options.Preset == run.Preset, run.Preset);
        Refuse("seed", options.Seed is null || options.Seed == run.Seed, run.Seed);
        Refuse("batch", options.Batch is null || options.Batch == run.Gan.Batch, run.Gan.Batch);
        Refuse("pairs", options.Pairs is null || options.Pairs == run.Pairs, run.Pairs);
        foreach (var chosen in options.Settings)
            Refuse(chosen.Setting.Name, chosen.Agrees(run), chosen.Setting.Describe(run));
        if (ExportMark.IsIn(folder.Last))
            throw new SettingException(options.Continuing,
                $"{path}: was exported, without what training needs; continue the run that it was made of");
        if (File.Exists(folder.Last))
            new SavedRun(run, folder).RequireModel();
        if (options.Epochs is { } epochs)
            run = run with { Gan = run.Gan with { Epochs = epochs, Steps = 0 } };
        if (options.Steps is { } steps)
            run = run with { Gan = run.Gan with { Steps = steps } };
        return run;

        void Refuse(string name, bool agrees, object recorded)
        {
            if (!agrees)
                throw new SettingException(options.Continuing,
                    $"{path}: that run has {name} {recorded}; leave {name} out, or start a new run");
        }
    }
}
