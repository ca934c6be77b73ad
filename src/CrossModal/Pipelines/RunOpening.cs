using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>A run that is about to begin, anew as the options say or where an earlier one was left, with its device open.</summary>
internal sealed record RunOpening(RunSettings Run, RunFolder Folder, Device Device, bool Resumes) : IDisposable
{
    /// <summary>Opens the device and the folder.</summary>
    /// <exception cref="BadInputException">The run to continue is none of this kind, or the options contradict it.</exception>
    public static RunOpening Open(RunKind kind, RunOptions options, IRunReporter reporter)
    {
        if (options.Resume is { } resumed)
        {
            var (run, folder) = Continue(kind, resumed, options);
            var device = Device.Open(options.Device with { Precision = options.Device.Precision ?? run.Precision });
            return new RunOpening(run with { Device = device.Name, Precision = device.Precision }, folder, device, Resumes: true);
        }

        var chosen = Device.Open(options.Device);
        try
        {
            if (chosen.Remark is { } remark)
                reporter.Warning(remark);
            return new RunOpening(RunSettings.Create(kind, options, chosen), RunFolder.Create(options.Out, kind), chosen,
                Resumes: false);
        }
        catch
        {
            chosen.Dispose();
            throw;
        }
    }

    /// <summary>Checks the data against the run's description; returns it with what only the data tell.</summary>
    public static RunSettings Settle(RunSettings run, TrainingData data, RunFolder folder, bool resume)
    {
        if (resume && run.DataFingerprint != "" && run.DataFingerprint != data.Pairs.Fingerprint)
            throw new SettingException("resume",
                $"{folder.Path}: the data in {run.Data} are not those that the run began with; put them back, or start a new run");
        if (data.Pairs.Train.Count < run.Gan.Batch)
            throw new SettingException("batch",
                $"{run.Gan.Batch}: there are {data.Pairs.Train.Count} training pairs; choose a smaller batch");
        return run with
        {
            DataFingerprint = data.Pairs.Fingerprint,
            Classes = data.Pairs.Classes,
            Model = run.Model with
            {
                AuxiliaryClasses = run.Gan.Auxiliary > 0 ? data.Pairs.Classes.Length
                : 0,
                CodeHead = run.Gan.CodeHead > 0
            },
        };
    }

    public void Dispose() => Device.Dispose();

    /// <summary>The description of the run to continue, with the user's wishes laid over it where that is possible.</summary>
    private static (RunSettings Run, RunFolder Folder) Continue(RunKind kind, string path, RunOptions options)
    {
        var folder = new RunFolder(path);
        var run = RunSettings.Read(folder.Settings);
        if (run.Kind != kind)
            throw new SettingException("resume", $"{path}: is a run of `{run.Kind}`, not of `{kind}`");
        Refuse("data", options.Data is null || RunSettings.Locate(options.Data) == run.Data, run.Data);
        Refuse("preset", options.Preset is null || options.Preset == run.Preset, run.Preset);
        Refuse("seed", options.Seed is null || options.Seed == run.Seed, run.Seed);
        Refuse("batch", options.Batch is null || options.Batch == run.Gan.Batch, run.Gan.Batch);
        Refuse("pairs", options.Pairs is null || options.Pairs == run.Pairs, run.Pairs);
        foreach (var chosen in options.Settings)
            Refuse(chosen.Setting.Name, chosen.Agrees(run), chosen.Setting.Describe(run));
        if (File.Exists(folder.Last))
            new SavedRun(run, folder).RequireModel();
        if (options.Epochs is { } epochs)
            run = run with { Gan = run.Gan with { Epochs = epochs, Steps = 0 } };
        if (options.Steps is { } steps)
            run = run with { Gan = run.Gan with { Steps = steps } };
        return (run, folder);

        void Refuse(string name, bool agrees, object recorded)
        {
            if (!agrees)
                throw new SettingException("resume", $"{path}: that run has {name} {recorded}; leave {name} out, or start a new run");
        }
    }
}
