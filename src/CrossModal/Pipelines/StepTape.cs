using CrossModal.Adversarial;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>A tensor of a training step: what made it, its numbers, and the gradient that came to it.</summary>
/// <param name="Entry">Index, op, attributes, and inputs with the derivatives by them.</param>
/// <param name="Turn">Whose loss it was made for: what was made before the discriminator's step is of its turn.</param>
internal sealed record StepNode(TapeEntry Entry, Shape Shape, Player Turn, StepNumbers Numbers)
{
    /// <summary>The parameter that it is, as <c>generator.deconv1.weight</c>, or what it is else; empty for results of ops.</summary>
    public string Name { get; set; } = "";

    /// <summary>The layer or network that made it, <c>loss</c>, or <c>given</c>.</summary>
    public string Group { get; set; } = "";

    /// <summary>Null where no gradient came to it.</summary>
    public StepNumbers? Gradient { get; set; }
}

/// <summary>Keeps what the tape shows of a step of a GAN.</summary>
internal sealed class StepTape
{
    private const string Loss = "loss", Given = "given";

    private readonly Dictionary<Tensor, string> _parameters = [];
    private readonly Dictionary<Tensor, int> _indices = [];
    private readonly List<StepNode> _nodes = [];
    private readonly List<int> _events = [];
    private readonly int _parts;
    private readonly int _batch;
    private Player _turn = Player.Discriminator;

    /// <summary>How many nodes there were when the last layer was computed.</summary>
    private int _sorted;

    private StepTape(ConditionalGan gan)
    {
        (_batch, _parts) = (gan.Batch, gan.Pairs.Wrong is null ? 2 : 3);
        foreach (var (network, module) in NetworksOf(gan))
        {
            foreach (var parameter in module.NamedParameters)
                _parameters.Add(parameter.Tensor, $"{network}.{parameter.Name}");
        }
    }

    /// <summary>All tensors, in the order in which they were made; parameters and givens before what uses them.</summary>
    public IReadOnlyList<StepNode> Nodes => _nodes;

    /// <summary>
    /// What happened, in order: i where node i was made or first used, −1 − i where its whole gradient had come to it.
    /// </summary>
    public IReadOnlyList<int> Events => _events;

    /// <summary>Makes one step and looks on.</summary>
    /// <param name="moves">Whether a player moves.</param>
    public static StepTape Of(ConditionalGan gan, Func<Player, bool> moves)
    {
        var tape = new StepTape(gan);
        gan.Moves = player =>
        {
            tape._turn = Player.Generator;
            return moves(player);
        };
        var taps = NetworksOf(gan).Select(network => network.Module.Tap((layer, output) => tape.Sort(network.Name, layer, output)))
            .ToList();
        try
        {
            using (Tape.Watch(tape.Made, tape.Flowed))
                gan.Step();
        }
        finally
        {
            gan.Moves = null;
            taps.ForEach(tap => tap.Dispose());
        }

        tape.SortRest();
        return tape;
    }

    /// <summary>The norm of the gradient that came to a parameter; null where none did.</summary>
    public double? GradientNorm(string parameter) => _nodes.FirstOrDefault(node => node.Name == parameter)?.Gradient?.All.Norm;

    public static IEnumerable<(string Name, Module Module)> NetworksOf(ConditionalGan gan) =>
        [("generator", gan.Generator), ("discriminator", gan.Discriminator)];

    private void Made(TapeEntry entry, Tensor tensor)
    {
        var name = _parameters.GetValueOrDefault(tensor, "");
        var node = new StepNode(entry, tensor.Shape, _turn, Numbers(tensor, name.Length > 0))
        {
            Name = name,
            Group = name.Length > 0 ? name[..name.LastIndexOf('.')]
                // What stands behind the generator's last layer is the generator's: tanh.
                : entry.Inputs.Any(input => _nodes[input.Index] is { Entry.Op: not null } one
                    && one.Group.StartsWith("generator.", StringComparison.Ordinal)) ? "generator" : "",
        };
        _indices[tensor] = entry.Index;
        _nodes.Add(node);
        _events.Add(entry.Index);
    }

    private void Flowed(TapeEntry entry, Tensor gradient)
    {
        _nodes[entry.Index].Gradient = Numbers(gradient, _nodes[entry.Index].Name.Length > 0);
        _events.Add(-1 - entry.Index);
    }

    private StepNumbers Numbers(Tensor tensor, bool isWeight)
    {
        var parts = tensor.Shape.Rank > 0 && tensor.Shape[0] == _batch * _parts && !isWeight ? _parts : 1;
        return StepNumbers.Of(tensor.Shape, tensor.ToArray(), isWeight, parts);
    }

    /// <summary>
    /// A layer's own are what was made since the first use of one of its parameters; what led to it else is its network's.
    /// </summary>
    private void Sort(string network, string layer, Tensor output)
    {
        if (!_indices.TryGetValue(output, out var last) || last < _sorted)
            return;
        var group = $"{network}.{layer}";
        var first = Enumerable.Range(_sorted, last - _sorted + 1)
            .FirstOrDefault(i => _nodes[i].Entry.Inputs.Any(input => _nodes[input.Index].Group == group), last);
        var led = new HashSet<int> { last };
        for (var i = last; i >= _sorted; i--)
        {
            if (!led.Contains(i))
                continue;
            led.UnionWith(_nodes[i].Entry.Inputs.Select(input => input.Index));
            if (_nodes[i].Entry.Op is not null)
                _nodes[i].Group = i >= first ? group : _nodes[i].Group.Length > 0 ? _nodes[i].Group : network;
            else if (_nodes[i].Name.Length == 0)
                (_nodes[i].Group, _nodes[i].Name) = (Given, NameOfGiven(group, _nodes[i].Shape));
        }

        _sorted = last + 1;
    }

    /// <summary>What no layer claims belongs to the losses, but for the view that makes a row of the scores.</summary>
    private void SortRest()
    {
        foreach (var node in _nodes.Where(node => node.Group.Length == 0))
        {
            node.Group = node.Entry.Op is null ? Given
                : node.Entry is { Op: "reshape", Inputs: [var only] } && _nodes[only.Index].Group == "discriminator.score" ? "discriminator"
                : Loss;
            if (node.Entry.Op is null)
                node.Name = "a constant";
        }
    }

    private string NameOfGiven(string group, Shape shape) => (group, shape.Rank) switch
    {
        ("generator.project", _) => "the codes of the sounds and the noise",
        ("discriminator.conv1", 4) => "the samples: " + (_parts == 3 ? "real, wrong, generated" : "real, generated"),
        ("discriminator.mix", 4) => "the codes, repeated over 4×4",
        (not "discriminator.codes", 2) when shape[0] == 1 || shape[1] == 1 => "a direction that spectral normalization has found",
        _ => "a constant",
    };
}
