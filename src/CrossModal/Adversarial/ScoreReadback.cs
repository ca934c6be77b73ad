using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Adversarial;

/// <summary>How many pairs of each kind the discriminator judges in a step.</summary>
internal readonly record struct JudgedPairs(int Real, int Wrong, int Fake)
{
    /// <param name="fakes">Generated pairs for each real one.</param>
    public static JudgedPairs Of(Device device, GanSettings settings, int fakes)
    {
        var own = device.Ranks.OwnOf(settings.Batch);
        return new JudgedPairs(own, settings.WrongPairs ? own : 0, fakes * own);
    }

    /// <summary>Their scores, and the norms of two gradients.</summary>
    public int Numbers => Real + Wrong + Fake + 2;
}

/// <summary>
/// What is read of each step: losses and mean scores always, and in steps that were captured for an observer the score of each sample and
/// the norms of the gradients.
/// </summary>
internal sealed class ScoreReadback(Device device, JudgedPairs pairs) : IDisposable
{
    private readonly StepReadback _scores = new(device, GanScores.Count);

    /// <summary>Which of the steps that are on their way have details.</summary>
    private readonly Queue<bool> _detailed = new(2);

    private StepReadback? _details;

    /// <summary>Whether steps that are made from now on are to have details.</summary>
    public bool Detailed
    {
        get;
        set
        {
            if (value)
                _details ??= new StepReadback(device, pairs.Numbers);
            field = value;
        }
    }

    /// <summary>Part of a step.</summary>
    public void Write(ScoreTensors scores, Tensor? discriminatorGradient, Tensor? generatorGradient)
    {
        using var pause = Tape.Paused();
        if (device.Ranks.Size == 1)
            _scores.Write(scores.Judged, scores.GeneratorLoss);
        else
            _scores.Write(Tensor.Concatenate(0, scores.Judged, scores.GeneratorLoss).MeanOverRanks());
        if (Detailed)
            _details!.Write(Tensor.Concatenate(0, [.. new[] { scores.Each, discriminatorGradient, generatorGradient }.OfType<Tensor>()]));
    }

    public GanScores Read()
    {
        Span<float> scores = stackalloc float[GanScores.Count];
        _scores.Read(scores);
        return GanScores.OfStep(scores);
    }

    public void Begin()
    {
        _scores.Begin();
        if (Detailed)
            _details!.Begin();
        _detailed.Enqueue(Detailed);
    }

    /// <param name="detail">Null where the step has none.</param>
    public GanScores Finish(out StepDetail? detail)
    {
        var scores = GanScores.OfStep(_scores.Finish());
        detail = null;
        if (_detailed.Dequeue())
        {
            var values = _details!.Finish();
            var fakes = values[(pairs.Real + pairs.Wrong)..];
            detail = new StepDetail(values[..pairs.Real].ToArray(), values.Slice(pairs.Real, pairs.Wrong).ToArray(),
                fakes[..pairs.Fake].ToArray(), Math.Sqrt(fakes[pairs.Fake]), Math.Sqrt(fakes[pairs.Fake + 1]));
        }

        return scores;
    }

    public void Dispose()
    {
        _scores.Dispose();
        _details?.Dispose();
    }
}
