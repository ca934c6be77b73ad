using CrossModal.Adversarial;
using CrossModal.Evaluation;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>
/// What stands of a run before its GAN is trained, and what that makes of it: what training goes on with, and what evaluation begins with.
/// </summary>
internal abstract class GanSession(RunContext context) : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public RunContext Context { get; } = context;

    /// <summary>How good encoder and judges are, in one line.</summary>
    public abstract string Readiness { get; }

    /// <summary>Trains encoder and judges, or loads them where the run folder has them.</summary>
    public static GanSession Open(RunContext context) =>
        context.Run.Kind.HasBothDirections ? new CmcganSession(context) : new ConditionalSession(context);

    /// <summary>Makes the GAN and its batches.</summary>
    /// <param name="capture">Whether its steps are captured.</param>
    public abstract AdversarialTraining CreateTraining(bool capture);

    /// <summary>The generator of the last checkpoint, with its averaged weights where they are kept.</summary>
    public abstract Module LoadGenerator();

    /// <summary>The directions of the run, with samples made by a generator.</summary>
    /// <param name="generator">From <see cref="LoadGenerator"/>, or that of the GAN.</param>
    public abstract IReadOnlyList<SampledDirection> Directions(Module generator);

    /// <summary>Adds what is measured of this kind of run alone.</summary>
    /// <param name="report">Of the first direction.</param>
    public virtual EvaluationReport Complete(EvaluationReport report, SampledDirection sampled) => report;

    public void Dispose()
    {
        foreach (var part in _owned)
            part.Dispose();
    }

    protected T Own<T>(T part) where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
