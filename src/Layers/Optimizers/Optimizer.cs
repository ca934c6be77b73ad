using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// Moves parameters against their gradients. All state is made at construction and lies on the device, and a step asks nothing of the host:
/// so it can be part of a captured step, with the learning rate changed between replays. The learning rate is not part of the state; a
/// schedule gives it from the step's number.
/// </summary>
public abstract class Optimizer : IStateful, IDisposable
{
    private readonly Tensor _learningRate;
    private readonly Tensor[] _tensors;
    private double _rate;

    /// <summary>Makes the state that every optimizer has.</summary>
    /// <exception cref="ArgumentException">There are no parameters.</exception>
    protected Optimizer(IEnumerable<NamedTensor> parameters, double learningRate)
    {
        Parameters = [.. parameters];
        if (Parameters.Count == 0)
            throw new ArgumentException("an optimizer without parameters");
        _tensors = [.. Parameters.Select(parameter => parameter.Tensor)];
        _learningRate = NewState([1]);
        LearningRate = learningRate;
    }

    /// <summary>The parameters in the order in which <see cref="Step"/> takes their gradients.</summary>
    public IReadOnlyList<NamedTensor> Parameters { get; }

    /// <summary>Set between steps; it is written to the device, where a captured step reads it.</summary>
    public double LearningRate
    {
        get => _rate;
        set
        {
            _learningRate.Write([value]);
            _rate = value;
        }
    }

    /// <summary>What a checkpoint holds, under PyTorch's names.</summary>
    public abstract IEnumerable<NamedTensor> State { get; }

    /// <summary>The learning rate, [1], where a captured step reads it.</summary>
    protected Tensor LearningRateOnDevice => _learningRate;

    /// <summary>One update of all parameters against the gradients of <paramref name="loss"/> by them.</summary>
    /// <param name="loss">A single number, remembered as computed from the parameters; what led to it is used up.</param>
    /// <exception cref="ShapeException">The loss is no single number.</exception>
    /// <exception cref="InvalidOperationException">The loss was computed while the tape was paused.</exception>
    public void Minimize(Tensor loss)
    {
        using var scope = new Scope();
        Step(Tape.Gradients(loss, _tensors));
    }

    /// <summary>One update of all parameters.</summary>
    /// <param name="gradients">One for each of <see cref="Parameters"/>, in that order.</param>
    /// <exception cref="ShapeException">The gradients are more or fewer than the parameters, or one has another shape.</exception>
    public void Step(IReadOnlyList<Tensor> gradients)
    {
        if (gradients.Count != Parameters.Count)
            throw new ShapeException($"optimizer step: {gradients.Count} gradients for {Parameters.Count} parameters");
        for (var i = 0; i < gradients.Count; i++)
        {
            if (gradients[i].Shape != Parameters[i].Tensor.Shape)
                throw new ShapeException(
                    $"optimizer step: {Parameters[i].Name} is {Parameters[i].Tensor.Shape}, its gradient {gradients[i].Shape}");
        }

        using var pause = Tape.Paused();
        using var scope = new Scope();
        Update(gradients);
    }

    /// <summary>Gives back the state; the parameters belong to their module.</summary>
    public virtual void Dispose()
    {
        _learningRate.Dispose();
        foreach (var state in State)
            state.Tensor.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Moves the parameters; called outside any gradient, in a scope of its own.</summary>
    protected abstract void Update(IReadOnlyList<Tensor> gradients);

    /// <summary>A zero tensor that lives until the optimizer is disposed.</summary>
    protected Tensor NewState(Shape shape, Kernels.ElementType? type = null)
    {
        using var outside = Scope.Suspended();
        return Tensor.Zeros(Parameters[0].Tensor.Device, shape, type);
    }

    /// <summary>A state tensor for each parameter, like it in shape, zero at first.</summary>
    protected Tensor[] NewStates() => [.. Parameters.Select(parameter => NewState(parameter.Tensor.Shape))];

    /// <summary>State tensors under the names of their parameters, laid out in a checkpoint as these are.</summary>
    protected IEnumerable<NamedTensor> Named(string kind, Tensor[] states) =>
        Parameters.Select((parameter, i) => new NamedTensor($"{kind}.{parameter.Name}", states[i], parameter.Layout));

    /// <summary>A strength for each parameter, by its name.</summary>
    protected double[] Strengths(Func<string, double>? byName) => [.. Parameters.Select(parameter => byName?.Invoke(parameter.Name) ?? 0)];
}
