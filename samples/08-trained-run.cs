#:project ../src/CrossModal/CrossModal.Application.csproj

// A trained run, used from a program: a sound goes in and pictures of its player come out, or a picture goes in and a sound comes out.
//
//     dotnet run --file samples/08-trained-run.cs                            trains a tiny run first, to have one
//     dotnet run --file samples/08-trained-run.cs -- runs/s2i cello.wav      draws the player, with a run of `train s2i`
//     dotnet run --file samples/08-trained-run.cs -- runs/i2s cello.jpg      plays the picture, with a run of `train i2s`

using CrossModal;
using CrossModal.Kernels;

try
{
    // 1. A run is opened from its folder, on any device, whatever it was trained on. Without one, preset `tiny` goes through every part of
    // a
    //    training in seconds, too small to learn anything: both directions in one model, on songs and players that are made up.
    var folder = args.Length > 0 ? args[0] : "tiny-run";
    var tiny = new TrainingRequest { Model = "cmcgan", Preset = "tiny", Pairs = 26, Steps = 4 };
    using var run = args.Length > 0 || Directory.Exists(folder) ? TrainedRun.Open(folder) : TrainedRun.Train(folder, tiny);
    Console.WriteLine(
        $"{Path.GetFileName(run.Folder)} knows {run.Classes.Count} instruments, from {run.Classes[0]} to {run.Classes[^1]}, and "
        + $"makes {(run.MakesImages ? $"pictures of {run.ImageSize} x {run.ImageSize} pixels " : "")}"
        + $"{(run.MakesImages && run.MakesSounds ? "and " : "")}{(run.MakesSounds ? "sounds of half a second" : "")}");

    var input = args.Length > 1 ? args[1] : null;
    var isSound = input is null || input.EndsWith(".wav", StringComparison.OrdinalIgnoreCase);
    var picture = isSound ? null : RgbImage.Load(input!);

    // 2. A sound goes in. Its loudest half second counts, and each picture is drawn from noise of its own.
    if (isSound)
    {
        var sound = input is null ? PluckedString(220) : AudioClip.Load(input);
        if (run.Recognize(sound) is { } heard)
            Console.WriteLine($"{sound.Seconds:0.0} s of sound: like {heard.Class}, {heard.Probability:0%} sure");
        foreach (var (i, player) in run.Generate(sound, count: 4, seed: 7).Index())
        {
            player.Save($"player-{i + 1}.png");
            picture ??= player;
        }

        Console.WriteLine("player-1.png to player-4.png: who plays it");
    }

    // 3. A picture goes in: here the one that was just drawn, if none was given.
    if (picture is not null && (run.MakesSounds || !isSound))
    {
        var sound = run.Generate(picture, seed: 7);
        sound.Save("player.wav");
        sound.SaveSpectrogram("player-spectrogram.png", "What the picture sounds like");
        Console.WriteLine($"player.wav: {sound.Seconds} s at {sound.SampleRate} Hz, peak {sound.Samples.Max(MathF.Abs):0.000}");
    }

    // 4. The figures of a run, as `crossmodal evaluate` measures them.
    if (input is null)
    {
        var report = run.Evaluate();
        Console.WriteLine($"of {report.Validation.Count} generated pictures the judge names {report.Validation.Accuracy:0%} right "
            + $"(by chance {report.ChanceAccuracy:0%}); of real ones {report.JudgeRealAccuracy:0%}");
    }
}
catch (BadInputException error)
{
    // What is wrong with a file or a folder, in one line that says what to do.
    Console.Error.WriteLine($"error: {error.Message}");
    Environment.Exit(1);
}

// A plucked string (Karplus and Strong 1983): noise that circles in a delay line and grows dull.
static AudioClip PluckedString(double hertz)
{
    var (samples, random) = (new float[44100], new Random(1));
    var period = (int)(44100 / hertz);
    for (var i = 0; i < samples.Length; i++)
        samples[i] = i < period ? random.NextSingle() - 0.5f : 0.499f * (samples[i - period] + samples[Math.Max(0, i - period - 1)]);
    return new AudioClip(samples, 44100);
}
