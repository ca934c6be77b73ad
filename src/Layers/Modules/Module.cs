using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// Parameters, buffers and modules within, under names that are joined with dots as PyTorch does (<c>norm1.running_mean</c>). The order is
/// that of registration: a module's own parameters and buffers first, then its children. Parameters and buffers belong to no scope: they
/// live until the module is disposed.
/// </summary>
public abstract class Module(Device? device = null) : IStateful, IDisposable
{
    private readonly List<NamedTensor> _parameters = [];
    private readonly List<NamedTensor> _buffers = [];
    private readonly List<(string Name, Module Module)> _children = [];
    private bool _training = true;
    private Action<Tensor, Tensor>? _tap;

    /// <summary>Where its parameters lie, or those of the modules within.</summary>
    /// <exception cref="InvalidOperationException">It has no parameters, and no device was named.</exception>
    public Device Device => FindDevice() ?? throw new InvalidOperationException("a module without parameters is on no device");

    /// <summary>
    /// Whether dropout drops and batch normalization uses the batch's own statistics; setting it sets it in every module within. True at
    /// first.
    /// </summary>
    public bool Training
    {
        get => _training;
        set
        {
            _training = value;
            foreach (var (_, child) in _children)
                child.Training = value;
        }
    }

    /// <summary>All parameters, those of the modules within included: what gradients are asked by.</summary>
    public IReadOnlyList<Tensor> Parameters => [.. NamedParameters.Select(parameter => parameter.Tensor)];

    /// <summary>All parameters with their dotted names, those of the modules within included.</summary>
    public IEnumerable<NamedTensor> NamedParameters => Collect(module => module._parameters);

    /// <summary>Tensors that are kept but not trained, like running statistics.</summary>
    public IEnumerable<NamedTensor> NamedBuffers => Collect(module => module._buffers);

    /// <summary>Parameters and buffers, each module's own before those within: what a checkpoint holds.</summary>
    public IEnumerable<NamedTensor> State => Collect(module => module.Owned);

    /// <summary>How many numbers are trained.</summary>
    public long ParameterCount => NamedParameters.Sum(parameter => parameter.Tensor.Count);

    /// <summary>Overwrites parameters and buffers with those of a module of the same make, outside any gradient.</summary>
    /// <exception cref="ShapeException">The other module has other tensors.</exception>
    public void CopyFrom(Module other)
    {
        var (own, others) = (State.ToList(), other.State.ToList());
        if (own.Count != others.Count)
            throw new ShapeException($"copy of a module: {own.Count} tensors here, {others.Count} there");
        for (var i = 0; i < own.Count; i++)
        {
            if (own[i].Name != others[i].Name || own[i].Tensor.Shape != others[i].Tensor.Shape)
                throw new ShapeException(
                    $"copy of a module: {own[i].Name} {own[i].Tensor.Shape} here, {others[i].Name} {others[i].Tensor.Shape} there");
            own[i].Tensor.CopyFrom(others[i].Tensor);
        }
    }

    /// <summary>
    /// Shows the output of every layer within, by its dotted name, each time one is computed, until the result is disposed. For looking
    /// inside: a step that is replayed computes its outputs without asking the layers, and nothing is seen of it.
    /// </summary>
    /// <param name="see">Given a layer's name and output. The output belongs to whoever computes it; read it at once.</param>
    /// <returns>What ends it. One tap at a time.</returns>
    /// <exception cref="InvalidOperationException">A layer within is tapped already.</exception>
    public IDisposable Tap(Action<string, Tensor> see) => Tap((name, _, output) => see(name, output));

    /// <summary>The same with the input of each layer: what its output was computed of.</summary>
    /// <param name="see">Given a layer's name, input and output. Both belong to whoever computes them; read them at once.</param>
    /// <inheritdoc cref="Tap(Action{string, Tensor})"/>
    public IDisposable Tap(Action<string, Tensor, Tensor> see)
    {
        var modules = NamedModules.ToList();
        if (modules.Any(within => within.Module._tap is not null))
            throw new InvalidOperationException("a layer can have one tap at a time; dispose the other first");
        foreach (var (name, module) in modules)
            module._tap = (input, output) => see(name, input, output);
        return new TapEnd(modules.ConvertAll(within => within.Module));
    }

    /// <summary>All modules within and their dotted names, in the order of registration; parents before children.</summary>
    public IEnumerable<(string Name, Module Module)> NamedModules => _children.SelectMany(child =>
        child.Module.NamedModules.Select(within => ($"{child.Name}.{within.Name}", within.Module)).Prepend((child.Name, child.Module)));

    /// <summary>
    /// A layer's output, shown to the tap with the input that it is of, where there is a tap. Layers give back what they have computed
    /// through it.
    /// </summary>
    protected Tensor Tapped(Tensor input, Tensor output)
    {
        _tap?.Invoke(input, output);
        return output;
    }

    /// <summary>Gives back parameters and buffers, those of the modules within included.</summary>
    public void Dispose()
    {
        foreach (var owned in Owned)
            owned.Tensor.Dispose();
        foreach (var (_, child) in _children)
            child.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Registers a parameter and gives it its first value.</summary>
    /// <param name="fan">How many inputs and outputs a number of it connects, for initializers that scale by it.</param>
    /// <param name="layout">How it lies in a checkpoint; as it is when not given.</param>
    protected Tensor AddParameter(string name, Shape shape, Initializer initializer, RandomStream random, Fan fan = default,
        CheckpointLayout? layout = null)
    {
        CheckName(name);
        using var outside = Scope.Suspended();
        var parameter = Tensor.Uninitialized(Device, shape);
        parameter.RequiresGradient = true;
        using (new Scope())
            parameter.CopyFrom(initializer(random, shape, fan));
        _parameters.Add(new NamedTensor(name, parameter, layout ?? CheckpointLayout.Same(shape)));
        return parameter;
    }

    /// <summary>Registers a tensor that is kept but not trained.</summary>
    /// <param name="averaged">Whether a moving average of the weights averages it too; else it is copied.</param>
    protected Tensor AddBuffer(string name, Shape shape, double value, CheckpointLayout? layout = null, bool averaged = true,
        ElementType? type = null)
    {
        CheckName(name);
        using var outside = Scope.Suspended();
        var buffer = Tensor.Full(Device, shape, value, type);
        _buffers.Add(new NamedTensor(name, buffer, layout ?? CheckpointLayout.Same(shape), averaged));
        return buffer;
    }

    /// <summary>Registers a module within this one, which then owns it, and returns it.</summary>
    protected T Add<T>(string name, T child) where T : Module
    {
        CheckName(name);
        _children.Add((name, child));
        child.Training = Training;
        return child;
    }

    private Device? FindDevice() =>
        device ?? _children.Select(child => child.Module.FindDevice()).FirstOrDefault(found => found is not null);

    private IEnumerable<NamedTensor> Collect(Func<Module, IEnumerable<NamedTensor>> own) =>
        own(this).Concat(_children.SelectMany(child =>
            child.Module.Collect(own).Select(tensor => tensor with { Name = $"{child.Name}.{tensor.Name}" })));

    private IEnumerable<NamedTensor> Owned => _parameters.Concat(_buffers);

    private sealed class TapEnd(List<Module> modules) : IDisposable
    {
        public void Dispose()
        {
            foreach (var module in modules)
                module._tap = null;
        }
    }

    private void CheckName(string name)
    {
        if (name.Length == 0 || name.Contains('.'))
            throw new ArgumentException($"'{name}' is no name for a part of a module: it must not be empty and has no dots");
        if (Owned.Any(tensor => tensor.Name == name) || _children.Any(child => child.Name == name))
            throw new ArgumentException($"a module has two parts called '{name}'");
    }
}
