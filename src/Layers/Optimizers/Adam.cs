using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// What <see cref="Adam"/> is set to; the defaults are those of its authors. Adversarial training usually takes a rate of 2e-4 and a β1 of
/// 0.5 (Radford et al. 2016).
/// </summary>
/// <param name="LearningRate">How far a parameter moves at most, about, in one step.</param>
/// <param name="Beta1">Decay of the gradients' running mean, in [0, 1).</param>
/// <param name="Beta2">Decay of the running mean of their squares, in [0, 1).</param>
/// <param name="Epsilon">Added to the root that is divided by.</param>
public sealed record AdamOptions(double LearningRate = 1e-3, double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8)
{
    /// <summary>λ by parameter name for the penalty λ/2·‖parameter‖², whose derivative λ·parameter is added to the gradient.</summary>
    public Func<string, double>? L2 { get; init; }

    /// <summary>
    /// Decoupled weight decay by parameter name (AdamW, Loshchilov and Hutter 2019): parameter −= rate · decay · parameter beside the step.
    /// </summary>
    public Func<string, double>? WeightDecay { get; init; }
}

/// <summary>Adam (Kingma and Ba 2015). Its state bears PyTorch's names: <c>step</c>, <c>exp_avg.…</c>, <c>exp_avg_sq.…</c>.</summary>
public sealed class Adam : Optimizer
{
    private readonly Group[] _groups;
    private readonly double[] _l2;
    private readonly Tensor _step;
    private readonly Tensor[] _firstMoments, _secondMoments;

    /// <summary>For all parameters of a module.</summary>
    /// <param name="learningRate">How far a parameter moves at most, about, in one step.</param>
    /// <param name="beta1">Decay of the gradients' running mean; adversarial training usually takes 0.5.</param>
    public Adam(Module module, double learningRate = 1e-3, double beta1 = 0.9)
        : this(module, new AdamOptions(learningRate, beta1))
    {
    }

    /// <summary>For all parameters of a module.</summary>
    public Adam(Module module, AdamOptions options)
        : this(module.NamedParameters, options)
    {
    }

    /// <summary>For any parameters.</summary>
    public Adam(IEnumerable<NamedTensor> parameters, AdamOptions? options = null)
        : base(parameters, (options ??= new AdamOptions()).LearningRate)
    {
        _groups = [.. Strengths(options.WeightDecay).Select((decay, i) => (Decay: decay, Member: i))
            .GroupBy(parameter => parameter.Decay, parameter => parameter.Member)
            .Select(group => new Group(new AdamConstants(options.Beta1, options.Beta2, options.Epsilon, group.Key), [.. group]))];
        _l2 = Strengths(options.L2);
        _step = NewState([1], ElementType.Int64);
        (_firstMoments, _secondMoments) = (NewStates(), NewStates());
    }

    /// <summary>How many steps were made; read back from the device.</summary>
    public long Steps
    {
        get
        {
            Span<long> value = stackalloc long[1];
            _step.Read(value);
            return value[0];
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<NamedTensor> State =>
        [new NamedTensor("step", _step, CheckpointLayout.Same(_step.Shape)), .. Named("exp_avg", _firstMoments),
            .. Named("exp_avg_sq", _secondMoments)];

    /// <inheritdoc/>
    protected override void Update(IReadOnlyList<Tensor> gradients)
    {
        foreach (var group in _groups)
        {
            Optimization.AdamAll(group.Constants, LearningRateOnDevice, _step, group.Of(i => Parameters[i].Tensor),
                group.Of(i => WithPenalty(i, gradients[i])), group.Of(i => _firstMoments[i]), group.Of(i => _secondMoments[i]),
                next: group == _groups[0]);
        }
    }

    private Tensor WithPenalty(int i, Tensor gradient) => _l2[i] == 0 ? gradient : gradient + Parameters[i].Tensor * _l2[i];

    /// <summary>The parameters that share their constants, by index: updated together.</summary>
    private sealed record Group(AdamConstants Constants, int[] Members)
    {
        public Tensor[] Of(Func<int, Tensor> choose) => Array.ConvertAll(Members, i => choose(i));
    }
}
