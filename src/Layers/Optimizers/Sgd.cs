using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// Gradient descent with momentum: velocity = momentum · velocity + gradient + l2 · parameter; parameter −= rate · velocity. Its state
/// bears PyTorch's name <c>momentum_buffer.…</c>.
/// </summary>
public sealed class Sgd : Optimizer
{
    private readonly double _momentum;
    private readonly double[] _l2;
    private readonly Tensor[] _velocities;

    /// <summary>For all parameters of a module.</summary>
    /// <param name="learningRate">What the velocity is multiplied by in each step.</param>
    /// <param name="momentum">How much of the velocity is left after a step, in [0, 1).</param>
    /// <param name="l2">λ by parameter name for the penalty λ/2·‖parameter‖².</param>
    public Sgd(Module module, double learningRate, double momentum = 0, Func<string, double>? l2 = null)
        : this(module.NamedParameters, learningRate, momentum, l2)
    {
    }

    /// <summary>For any parameters.</summary>
    /// <inheritdoc cref="Sgd(Module, double, double, Func{string, double}?)"/>
    public Sgd(IEnumerable<NamedTensor> parameters, double learningRate, double momentum = 0, Func<string, double>? l2 = null)
        : base(parameters, learningRate)
    {
        (_momentum, _l2, _velocities) = (momentum, Strengths(l2), NewStates());
    }

    /// <inheritdoc/>
    public override IEnumerable<NamedTensor> State => Named("momentum_buffer", _velocities);

    /// <inheritdoc/>
    protected override void Update(IReadOnlyList<Tensor> gradients)
    {
        for (var i = 0; i < gradients.Count; i++)
            Optimization.Sgd(_momentum, _l2[i], LearningRateOnDevice, Parameters[i].Tensor, gradients[i], _velocities[i]);
    }
}
