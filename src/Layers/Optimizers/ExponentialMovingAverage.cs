using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// A shadow of a module: shadow = decay · shadow + (1 − decay) · weight after each step (Polyak averaging, for GANs Yazıcı et al. 2019).
/// Running statistics are averaged alike, and what cannot be averaged is copied. An update is part of a captured step.
/// </summary>
public sealed class ExponentialMovingAverage : IStateful, IDisposable
{
    private readonly double _decay;
    private readonly List<(NamedTensor Source, Tensor Shadow)> _pairs = [];
    private bool _applied;

    /// <summary>A shadow of the module as it is now.</summary>
    /// <param name="decay">Of the shadow at each update, in [0, 1]; 0.999 remembers about a thousand steps.</param>
    public ExponentialMovingAverage(Module module, double decay = 0.999)
    {
        if (!(decay >= 0 && decay <= 1))
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "moving average: the decay must be in [0, 1]");
        _decay = decay;
        using var outside = Scope.Suspended();
        foreach (var source in module.State)
        {
            var shadow = Tensor.Uninitialized(source.Tensor.Device, source.Tensor.Shape, source.Tensor.Type);
            shadow.CopyFrom(source.Tensor);
            _pairs.Add((source, shadow));
        }
    }

    /// <summary>The shadow under the module's names.</summary>
    public IEnumerable<NamedTensor> State => _pairs.Select(pair => pair.Source with { Tensor = pair.Shadow });

    /// <summary>Moves the shadow towards the module as it is now.</summary>
    public void Update() => Update(_decay);

    /// <summary>
    /// The decay for update number <paramref name="updates"/> (from 1): small at first, so that the first weights, which are noise, are
    /// soon forgotten: min(decay, n / (n + 9)).
    /// </summary>
    public double DecayAt(long updates) => Math.Min(_decay, updates / (updates + 9.0));

    /// <summary>Moves the shadow with a decay of this update's own.</summary>
    public void Update(double decay)
    {
        if (_applied)
            throw new InvalidOperationException("moving average: the module holds the shadow now, there is nothing to move towards");
        foreach (var (source, shadow) in _pairs)
        {
            if (source.Averaged)
                shadow.InterpolateInPlace(source.Tensor, decay);
            else
                shadow.CopyFrom(source.Tensor);
        }
    }

    /// <summary>Until the result is disposed the module holds the shadow's numbers; its own are kept in the shadow's place.</summary>
    public Application Applied()
    {
        if (_applied)
            throw new InvalidOperationException("moving average: it is applied already");
        Swap();
        return new Application(this);
    }

    /// <summary>Overwrites a module of the same make with the shadow.</summary>
    /// <exception cref="ShapeException">The module has other tensors.</exception>
    public void CopyTo(Module module)
    {
        var targets = module.State.ToList();
        if (!targets.Select(target => (target.Name, target.Tensor.Shape))
            .SequenceEqual(_pairs.Select(pair => (pair.Source.Name, pair.Shadow.Shape))))
            throw new ShapeException("moving average: the module to copy to has other tensors than the one that was averaged");
        for (var i = 0; i < targets.Count; i++)
            targets[i].Tensor.CopyFrom(_pairs[i].Shadow);
    }

    /// <summary>Gives back the shadow.</summary>
    public void Dispose()
    {
        foreach (var (_, shadow) in _pairs)
            shadow.Dispose();
    }

    private void Swap()
    {
        foreach (var (source, shadow) in _pairs)
        {
            using var scope = new Scope();
            var aside = Tensor.Uninitialized(shadow.Device, shadow.Shape, shadow.Type);
            aside.CopyFrom(source.Tensor);
            source.Tensor.CopyFrom(shadow);
            shadow.CopyFrom(aside);
        }

        _applied = !_applied;
    }

    /// <summary>Gives the module its own numbers back when disposed.</summary>
    public sealed class Application : IDisposable
    {
        private ExponentialMovingAverage? _average;

        internal Application(ExponentialMovingAverage average) => _average = average;

        /// <summary>Gives the module its own numbers back.</summary>
        public void Dispose()
        {
            _average?.Swap();
            _average = null;
        }
    }
}
